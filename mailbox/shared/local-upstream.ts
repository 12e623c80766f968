import type { OutgoingCall } from '../../lib/call/outgoing-call.js';
import type { ServerInfo } from '../../lib/server-info.js';
import type { PooledMailBox, PooledMailBoxUser } from './pooled-mailbox.js';
import type { Upstream, UpstreamStatus, UpstreamUser } from './upstream.js';
import type { UpstreamPool } from './upstream-pool.js';

/** In the process that leads: the real mailbox. No bytes stand between. */
export class LocalUpstream implements Upstream, PooledMailBoxUser {
  readonly #relay: UpstreamPool;
  readonly #server: ServerInfo;
  readonly #user: UpstreamUser;
  #target: PooledMailBox | undefined;

  constructor(relay: UpstreamPool, server: ServerInfo, user: UpstreamUser) {
    this.#relay = relay;
    this.#server = server;
    this.#user = user;
  }

  get isFull(): boolean {
    return this.#target?.mailbox.isFull === true;
  }

  connect(): void {
    if (this.#target === undefined) this.#target = this.#relay.use(this.#server, this);
    else this.#target.use(this);
  }

  send(call: OutgoingCall): void {
    call.via = undefined;
    this.#target?.send(call);
  }

  release(): void {
    const target = this.#target;
    this.#target = undefined;
    if (target !== undefined) this.#relay.leave(target, this);
  }

  onNews(news: UpstreamStatus): void {
    this.#user.onNews(news);
  }

  onFull(): void {}

  onDrained(): void {
    this.#user.onDrained();
  }
}
