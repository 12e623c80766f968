import type { OutgoingCall } from '../../lib/call/outgoing-call.js';
import type { ServerInfo } from '../../lib/server-info.js';
import type { Relay } from './relay.js';
import type { MailBoxUser, RelayTarget } from './relay-target.js';
import type { Target, TargetNews, TargetUser } from './target.js';

/** In the process that leads: the real mailbox. No bytes stand between. */
export class LocalTarget implements Target, MailBoxUser {
  readonly #relay: Relay;
  readonly #server: ServerInfo;
  readonly #user: TargetUser;
  #target: RelayTarget | undefined;

  constructor(relay: Relay, server: ServerInfo, user: TargetUser) {
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

  onNews(news: TargetNews): void {
    this.#user.onNews(news);
  }

  onFull(): void {}

  onDrained(): void {
    this.#user.onDrained();
  }
}
