import type { OutgoingCall } from '../../lib/call/outgoing-call.js';
import type { RequestCodec } from '../../lib/call/request-codec.js';
import type { ServerInfo } from '../../lib/server-info.js';
import type { PooledMailBox, PooledMailBoxUser } from './pooled-mailbox.js';
import type { Upstream, UpstreamStatus, UpstreamUser } from './upstream.js';
import type { UpstreamPool } from './upstream-pool.js';

/** Upstream in the Leader: the real mailbox, reached without bytes in between. */
export class LocalUpstream implements Upstream, PooledMailBoxUser {
  readonly #pool: UpstreamPool;
  readonly #server: ServerInfo;
  readonly #user: UpstreamUser;
  readonly #codec: RequestCodec<OutgoingCall> | undefined;
  #pooled: PooledMailBox | undefined;

  /** `codec`: writes the name of this process's client into its calls; undefined for a client without a name. */
  constructor(pool: UpstreamPool, server: ServerInfo, user: UpstreamUser, codec?: RequestCodec<OutgoingCall>) {
    this.#pool = pool;
    this.#server = server;
    this.#user = user;
    this.#codec = codec;
  }

  get isFull(): boolean {
    return this.#pooled?.mailbox.isFull === true;
  }

  connect(): void {
    // Known before its state is reported: a mailbox that is ready is sent the waiting calls in answer to that report.
    this.#pooled ??= this.#pool.mailbox(this.#server);
    this.#pooled.acquire(this);
  }

  send(call: OutgoingCall): void {
    call.requestCodec = this.#codec;
    this.#pooled?.send(call);
  }

  release(): void {
    const pooled = this.#pooled;
    this.#pooled = undefined;
    if (pooled !== undefined) this.#pool.release(pooled, this);
  }

  onStatus(status: UpstreamStatus): void {
    this.#user.onStatus(status);
  }

  onFull(): void {}

  onDrained(): void {
    this.#user.onDrained();
  }
}
