import { OutgoingCall } from '../../call/outgoing-call.js';
import type { RemoteMethod } from '../../call/remote-method.js';
import type { RequestCodec } from '../../call/request-codec.js';
import { type RpcError, toError } from '../../errors.js';
import type { Line } from '../../follower/line.js';
import type { Codec } from '../../protocol/codec.js';
import { EncodedValue } from '../../protocol/encoded-value.js';
import type { FrameView } from '../../protocol/packet.js';
import type { Term } from '../../term.js';
import { userKey } from '../keys.js';
import type { Role, RoleHandler } from './role.js';
import { controlHead, unpublished } from './subscription-head.js';

export interface FollowerRoleOptions {
  /** Name of the shared client. */
  readonly name: string;
  /** Deadline of a subscription and of a publication. Unit: ms. */
  readonly responseTimeout: number;
  /** The method that publishes; undefined where the class has none. */
  readonly publishMethod: RemoteMethod | undefined;
  /** How calls are written and their answers read. @default straight to the Leader */
  readonly requestCodec?: RequestCodec<OutgoingCall>;
}

/** The role of a process that has a line to the Leader. Calls, subscriptions and values go over that line. */
export class FollowerRole implements Role {
  readonly isLeader = false;
  readonly #line: Line;
  readonly #options: FollowerRoleOptions;
  readonly #handler: RoleHandler;
  readonly #onOutcome: (refusal: Error | undefined) => void;
  #onClosed: (() => void) | undefined;

  constructor(line: Line, options: FollowerRoleOptions, handler: RoleHandler) {
    this.#line = line;
    this.#options = options;
    this.#handler = handler;
    this.#onOutcome = (refusal) => {
      if (refusal !== undefined) handler.onError(refusal);
    };
  }

  get term(): Term | undefined {
    return this.#line.agreement.term;
  }

  get isFull(): boolean {
    return this.#line.isFull;
  }

  subscribe(key: string, reg: unknown): void {
    this.request('subscribe', key, reg, this.#onOutcome);
  }

  unsubscribe(key: string, reg: unknown): void {
    this.request('unSubscribe', key, reg, this.#onOutcome);
  }

  /**
   * Subscribes, or unsubscribes. `onOutcome` is called with the reason where that fails, and without one where the Leader has done it; never where
   * the line ends first.
   */
  request(
    type: 'subscribe' | 'unSubscribe',
    key: string,
    reg: unknown,
    onOutcome: (refusal: Error | undefined) => void,
  ): void {
    const { name, responseTimeout } = this.#options;
    try {
      const head = controlHead(type, name, key, reg);
      this.#line.control(`${type} ${userKey(key)}`, head, responseTimeout, onOutcome);
    } catch (error) {
      onOutcome(toError(error));
    }
  }

  publish(key: string, reg: unknown): void {
    const { publishMethod, responseTimeout } = this.#options;
    if (publishMethod === undefined) return;
    const settle = (error: RpcError | undefined): void => {
      if (error !== undefined) this.#handler.onError(unpublished(key, error));
    };
    this.invoke(new OutgoingCall(publishMethod, [reg], responseTimeout, true, {}, undefined, settle));
  }

  invoke(call: OutgoingCall): void {
    call.requestCodec ??= this.#options.requestCodec;
    this.#line.invoke(call);
  }

  /** Takes a value from the line. */
  onPush(key: string, { bytes, bodyStart, end }: FrameView, codec: Codec): void {
    this.#handler.onValue(key, new EncodedValue(codec, Buffer.from(bytes.subarray(bodyStart, end))));
  }

  /** Called once when the line is closed. */
  onClosed(): void {
    this.#onClosed?.();
  }

  async drain(reason: RpcError, timeoutMs: number): Promise<void> {
    if (this.#line.state === 'closed') return;
    await new Promise<void>((resolve) => {
      this.#onClosed = resolve;
      this.#line.drain(reason, timeoutMs);
    });
  }
}
