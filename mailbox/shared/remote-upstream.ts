import type { OutgoingCall } from '../../lib/call/outgoing-call.js';
import { RemoteMethod } from '../../lib/call/remote-method.js';
import type { Via } from '../../lib/call/via.js';
import { endpointOf } from '../../lib/endpoint.js';
import { messageOf, RpcCode, RpcError } from '../../lib/errors.js';
import type { Line } from '../../lib/follower/line.js';
import { type MailBoxStateHead, type RelayedServer, relayMessage } from '../../lib/protocol/relay-message.js';
import type { ServerInfo } from '../../lib/server-info.js';
import { readError, type ToldError } from '../../lib/wire-errors.js';
import type { Upstream, UpstreamUser } from './upstream.js';

/** In a process that follows: the way to the real mailbox, over the one line to the process that leads. */
export class RemoteUpstream implements Upstream, Via<OutgoingCall> {
  readonly #line: Line;
  readonly #to: number;
  readonly #server: RelayedServer;
  readonly #user: UpstreamUser;
  readonly #onReleased: () => void;
  /** The same methods, with heads that name this server. */
  readonly #methods = new WeakMap<RemoteMethod, RemoteMethod>();
  #isFullThere = false;

  /** `to`: what the server is called on this line. */
  constructor(line: Line, to: number, server: ServerInfo, user: UpstreamUser, onReleased: () => void) {
    const { host, port, transport } = endpointOf(server);
    this.#line = line;
    this.#to = to;
    this.#server = { id: server.id, host, port, transport };
    this.#user = user;
    this.#onReleased = onReleased;
  }

  get isFull(): boolean {
    return this.#isFullThere || this.#line.isFull;
  }

  connect(): void {
    try {
      this.#line.tell(relayMessage({ type: 'open_mailbox', to: this.#to, server: this.#server }));
    } catch (error) {
      const lastFailure = new RpcError(RpcCode.Connect, messageOf(error), { cause: error });
      this.#user.onNews({ state: 'backoff', lastFailure });
    }
  }

  send(call: OutgoingCall): void {
    call.via = this;
    this.#line.invoke(call);
  }

  release(): void {
    this.#onReleased();
    this.#line.tell(relayMessage({ type: 'close_mailbox', to: this.#to }));
  }

  method(method: RemoteMethod): RemoteMethod {
    const known = this.#methods.get(method);
    if (known !== undefined) return known;
    const relayed = new RemoteMethod(method, method.name, this.#to);
    this.#methods.set(method, relayed);
    return relayed;
  }

  returned(call: OutgoingCall): void {
    this.#user.onReturned(call);
  }

  onState({ state, lastFailure, reason }: MailBoxStateHead): void {
    const wasFull = this.#isFullThere;
    this.#isFullThere = state === 'full';
    if (state === 'full') return; // what was told before still holds: it is ready
    if (wasFull && state === 'ready') this.onDrained();
    else this.#user.onNews({ state, lastFailure: rpcError(lastFailure), reason: rpcError(reason) });
  }

  /** The line takes calls again, or the server's does. */
  onDrained(): void {
    if (!this.isFull) this.#user.onDrained();
  }
}

function rpcError(told: ToldError | undefined): RpcError | undefined {
  if (told === undefined) return undefined;
  const error = readError(told);
  return error instanceof RpcError ? error : new RpcError(RpcCode.Connect, error.message, { cause: error });
}
