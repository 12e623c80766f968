import type { RpcMessage } from '../call.js';
import { type Delivery, messageOf, RpcCode, RpcError } from '../errors.js';
import { decodeList } from '../protocol/argument-list.js';
import type { Codec } from '../protocol/codec.js';
import type { Head, InvokeResultHead } from '../protocol/message.js';
import type { FrameView } from '../protocol/packet.js';
import type { SentRequest } from './pending-calls.js';
import { RemoteMethod } from './remote-method.js';

/** Where a call is on its way; the word goes into the message of a timeout. */
export type Stage =
  | 'routing'
  | 'before filters'
  | 'waiting for a connection'
  | 'waiting for room on its connection'
  | 'waiting for the answer'
  | 'after filters';

/** What a caller may say about one call. */
export interface CallOptions {
  /** One deadline for all of it: routing, filters, connecting, the remote method. ms, 1 to 2^31 - 1. @default the client's `timeout` */
  readonly timeout?: number;
  /** May be executed twice: failure modes may then repeat it although it may have run. @default false */
  readonly idempotent?: boolean;
  /** A value of the caller's own that travels beside the arguments; stock peers are not sent it. */
  readonly meta?: unknown;
}

/** What a server may say of itself. Any other code from it is not to be taken for one of our own. */
const FROM_SERVERS: readonly RpcCode[] = [
  RpcCode.NoMethod,
  RpcCode.NeedsCallback,
  RpcCode.BadRequest,
  RpcCode.Encode,
  RpcCode.FrameTooLarge,
];

/** Reasons that say more than that a connection was lost. */
const LOST_BY_CHOICE: readonly RpcCode[] = [RpcCode.Closed, RpcCode.ServerRemoved, RpcCode.Stopping];

/** How a call ends: an error, or all of the method's results. */
export type Settle = (error: RpcError | undefined, results: readonly unknown[]) => void;

/**
 * One call on its way out. It settles exactly once, whoever gets there first: its answer, its deadline, a lost
 * connection, a removed server, a stopped client. Everybody after the first is refused.
 */
export class OutgoingCall implements SentRequest {
  method: RemoteMethod;
  args: unknown[];
  /** What the caller wants to be routed by. */
  readonly routeParam: unknown;
  readonly oneway: boolean;
  readonly timeout: number;
  options: CallOptions;
  /** ms on the clock of `performance.now()`. */
  readonly startedAt: number;
  readonly deadline: number;
  stage: Stage = 'routing';
  /** It has been waiting for something, so that less than `timeout` is left. */
  hasWaited = false;
  serverId: string | undefined;
  /** The number of its frame on its connection; 0 before it was encoded. */
  frameNumber = 0;
  /** For whoever watches: its frame is in the send queue. */
  onSent: (() => void) | undefined;
  #settle: Settle | undefined;
  #msg: RpcMessage | undefined;

  // Positional, since this is the one object that every call makes for itself.
  constructor(
    method: RemoteMethod,
    args: unknown[],
    timeout: number,
    oneway: boolean,
    options: CallOptions,
    routeParam: unknown,
    settle: Settle,
    startedAt = performance.now(),
  ) {
    this.method = method;
    this.args = args;
    this.timeout = timeout;
    this.oneway = oneway;
    this.options = options;
    this.routeParam = routeParam;
    this.startedAt = startedAt;
    this.deadline = startedAt + timeout;
    this.#settle = settle;
  }

  get serverType(): string {
    return this.method.serverType;
  }

  /** Undefined when it had to wait for something: then the clock has not run for the server alone. */
  get sentAt(): number | undefined {
    return this.hasWaited ? undefined : this.startedAt;
  }

  get isSettled(): boolean {
    return this.#settle === undefined;
  }

  /** The call in pomelo's form, for routers and filters. Made when first asked for: most calls meet neither. */
  get msg(): RpcMessage {
    const { namespace, serverType, service, method } = this.method;
    this.#msg ??= { namespace, serverType, service, method, args: this.args };
    return this.#msg;
  }

  /** A filter's rewriting, whether it changed the message or passed on another. */
  set msg(msg: RpcMessage) {
    this.#msg = msg;
    this.args = msg.args;
    if (!this.method.is(msg)) this.method = new RemoteMethod(msg);
  }

  /** Puts something between the answer and the caller, such as after filters; it must call what it was given, once. */
  intercept(wrap: (settle: Settle) => Settle): void {
    if (this.#settle !== undefined) this.#settle = wrap(this.#settle);
  }

  /** The same call, to be settled once more: its answer is there, and something still stands between it and the caller. */
  renew(settle: Settle): OutgoingCall {
    const { method, args, timeout, oneway, options, routeParam, startedAt } = this;
    const renewed = new OutgoingCall(method, args, timeout, oneway, options, routeParam, settle, startedAt);
    renewed.serverId = this.serverId;
    return renewed;
  }

  /** False when the call was settled before. */
  succeed(results: readonly unknown[]): boolean {
    const settle = this.#settle;
    if (settle === undefined) return false;
    this.#settle = undefined;
    settle(undefined, results);
    return true;
  }

  /** False when the call was settled before. */
  fail(error: RpcError): boolean {
    const settle = this.#settle;
    if (settle === undefined) return false;
    this.#settle = undefined;
    settle(error, []);
    return true;
  }

  /** An error of this call's: its method and server are filled in, and its message says what was being done. */
  error(code: RpcCode, why: string, delivery: Delivery, cause?: unknown): RpcError {
    const where = this.serverId === undefined ? this.method.name : `${this.method.name} on ${this.serverId}`;
    return new RpcError(code, `${where}: ${why}`, {
      serverId: this.serverId,
      method: this.method.name,
      delivery,
      cause,
    });
  }

  /** How far it has got, for whoever has to end it now. */
  get delivery(): Delivery {
    if (this.stage === 'waiting for the answer') return 'unknown';
    return this.stage === 'after filters' ? 'answered' : 'not-sent';
  }

  /** The deadline passed, wherever the call is. */
  expire(): void {
    const { stage, timeout } = this;
    const what =
      stage === 'waiting for the answer'
        ? 'no answer'
        : stage.startsWith('waiting')
          ? `still ${stage}`
          : `still in ${stage}`;
    this.fail(this.error(RpcCode.Timeout, `${what} after ${timeout} ms`, this.delivery));
  }

  /** Its answer has come. */
  answered(head: Head, frame: FrameView, codec: Codec): void {
    let results: unknown[];
    try {
      if (head.type !== 'invoke_result') throw new TypeError(`the peer answered an invoke with ${head.type}`);
      if (!head.success) {
        this.fail(this.#failure(head, frame, codec));
        return;
      }
      results = decodeResults(head, codec, frame);
    } catch (error) {
      this.fail(this.error(RpcCode.Decode, `its answer cannot be decoded: ${messageOf(error)}`, 'answered', error));
      return;
    }
    this.succeed(results);
  }

  /** Its connection ended before the answer. */
  lost(reason: RpcError, delivery: Delivery): void {
    const code = LOST_BY_CHOICE.includes(reason.code) ? reason.code : RpcCode.ConnectionLost;
    this.fail(this.error(code, reason.message, delivery, reason));
  }

  #failure(head: InvokeResultHead, frame: FrameView, codec: Codec): RpcError {
    const { bytes, bodyStart, end } = frame;
    const body = bodyStart === end ? undefined : codec.decode(bytes, bodyStart, end);
    const remote = remoteError(body);
    if (head.code === undefined) return this.error(RpcCode.Remote, remote.message, 'answered', remote);
    const code = FROM_SERVERS.find((known) => known === head.code) ?? RpcCode.Remote;
    return this.error(code, remote.message, 'answered', remote.cause);
  }
}

function decodeResults(head: InvokeResultHead, codec: Codec, { bytes, bodyStart, end }: FrameView): unknown[] {
  if (head.results !== undefined) return decodeList(codec, bytes, bodyStart, end, head.results);
  return bodyStart === end ? [] : [codec.decode(bytes, bodyStart, end)];
}

/** Rebuilt from listed fields: copying whatever the wire says onto an Error would let a peer replace its prototype. */
function remoteError(body: unknown): Error {
  const { name, message, code, stack } =
    typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  const error = new Error(
    typeof message === 'string' ? message : messageOf(body ?? 'the method failed without saying why'),
  );
  if (typeof name === 'string')
    Object.defineProperty(error, 'name', { value: name, configurable: true, writable: true });
  if (typeof code === 'string' || typeof code === 'number') Object.assign(error, { code });
  // Ours would point into the decoder; theirs is sent only where the server was told to expose it.
  error.stack = typeof stack === 'string' ? stack : `${error.name}: ${error.message}`;
  return error;
}
