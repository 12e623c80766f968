import type { OutgoingCall } from '../../lib/call/outgoing-call.js';
import { endpointOf, hostOf, needsUrl, portOf, urlOf } from '../../lib/endpoint.js';
import { messageOf, RpcCode, RpcError } from '../../lib/errors.js';
import type { Line } from '../../lib/follower/line.js';
import {
  type MailBoxStateHead,
  RELAY_URL,
  type RelayedServer,
  relayMessage,
} from '../../lib/protocol/relay-message.js';
import type { ServerInfo } from '../../lib/server-info.js';
import { fromWireError, type WireError } from '../../lib/wire-errors.js';
import { RelayRequestCodec } from './relay-request-codec.js';
import type { Upstream, UpstreamUser } from './upstream.js';

/** Upstream in a Follower: calls travel over the line to the Leader, which relays them. */
export class RemoteUpstream implements Upstream {
  readonly #line: Line;
  readonly #to: number;
  readonly #server: RelayedServer;
  readonly #user: UpstreamUser;
  readonly #onReleased: () => void;
  readonly #codec: RelayRequestCodec;
  /** The real mailbox is full. The line to the Leader has a limit of its own. */
  #isMailBoxFull = false;

  /** `to` is the number that names the server on this line. */
  constructor(line: Line, to: number, server: ServerInfo, user: UpstreamUser, onReleased: () => void) {
    const endpoint = endpointOf(server);
    const { transport } = endpoint;
    this.#line = line;
    this.#to = to;
    const place = { host: hostOf(endpoint), port: portOf(endpoint), transport };
    this.#server = { id: server.id, ...place, ...(needsUrl(endpoint) && { url: urlOf(endpoint) }) };
    this.#user = user;
    this.#onReleased = onReleased;
    this.#codec = new RelayRequestCodec(to, (call) => user.onReturned(call));
  }

  get isFull(): boolean {
    return this.#isMailBoxFull || this.#line.isFull;
  }

  connect(): void {
    const { url } = this.#server;
    if (url !== undefined && !this.#line.features.includes(RELAY_URL)) {
      const why = `the process that shares its mailboxes has an older version of the package, which cannot connect to ${url}`;
      return this.#user.onStatus({ state: 'backoff', lastFailure: new RpcError(RpcCode.Connect, why) });
    }
    try {
      this.#line.tell(relayMessage({ type: 'open_mailbox', to: this.#to, server: this.#server }));
    } catch (error) {
      const lastFailure = new RpcError(RpcCode.Connect, messageOf(error), { cause: error });
      this.#user.onStatus({ state: 'backoff', lastFailure });
    }
  }

  send(call: OutgoingCall): void {
    call.requestCodec = this.#codec;
    this.#line.invoke(call);
  }

  release(): void {
    this.#onReleased();
    this.#line.tell(relayMessage({ type: 'close_mailbox', to: this.#to }));
  }

  /** The Leader reports the state of the real mailbox. */
  onState({ state, lastFailure, reason, generation }: MailBoxStateHead): void {
    const wasFull = this.#isMailBoxFull;
    this.#isMailBoxFull = state === 'full';
    if (state === 'full') return; // `ready` was reported before, and still holds
    if (wasFull && state === 'ready') this.onDrained();
    else this.#user.onStatus({ state, lastFailure: rpcError(lastFailure), reason: rpcError(reason), generation });
  }

  /** The line, or the real mailbox, takes calls again. The user is notified once both do. */
  onDrained(): void {
    if (!this.isFull) this.#user.onDrained();
  }
}

function rpcError(told: WireError | undefined): RpcError | undefined {
  if (told === undefined) return undefined;
  const error = fromWireError(told);
  return error instanceof RpcError ? error : new RpcError(RpcCode.Connect, error.message, { cause: error });
}
