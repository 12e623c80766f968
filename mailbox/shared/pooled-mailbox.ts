import { HeldCalls } from '../../lib/call/held-calls.js';
import type { OutgoingCall } from '../../lib/call/outgoing-call.js';
import { RpcCode, type RpcError } from '../../lib/errors.js';
import { type MailBox, type MailBoxState, notConnected } from '../index.js';
import type { RelayedCall } from './relayed-call.js';
import type { UpstreamStatus } from './upstream.js';

/** The caller's own deadline says less than what is known here: it is to hear this first. ms */
const TELL_EARLY_MS = 25;

/** Who uses a real mailbox: a shared one of this process, or a Follower on behalf of one of its own. */
export interface PooledMailBoxUser {
  onNews(news: UpstreamStatus): void;
  /** It takes no more calls for now. */
  onFull(): void;
  onDrained(): void;
}

/** What calls that are held may take up, over all mailboxes of a relay. */
export interface HeldBytes {
  now: number;
  readonly limit: number;
}

/**
 * A real mailbox in the process that leads, with those who use it.
 *
 * Calls wait where they were made, and come here when their process has heard that the mailbox takes them. Those that
 * come when it does not take them any more are held, as copies, and go before whatever comes after the next such news.
 */
export class PooledMailBox {
  readonly mailbox: MailBox;
  readonly #users = new Set<PooledMailBoxUser>();
  readonly #held: HeldCalls<RelayedCall>;
  readonly #heldBytes: HeldBytes;
  #isFullTold = false;
  /** Calls that cannot be sent go back, since somebody else is about to lead. */
  #givesBack = false;

  /** `limit`: calls that may be held. */
  constructor(mailbox: MailBox, limit: number, heldBytes: HeldBytes) {
    this.mailbox = mailbox;
    this.#heldBytes = heldBytes;
    this.#held = new HeldCalls((call) => this.#onDue(call), limit, TELL_EARLY_MS);
    mailbox.on('state', (to, _from, reason) => this.#onState(to, reason));
    mailbox.on('drained', () => this.#onDrained());
  }

  get isUsed(): boolean {
    return this.#users.size > 0;
  }

  /** Calls that wait here. */
  get held(): number {
    return this.#held.size;
  }

  /** Connects, and tells the user how it is now. */
  use(user: PooledMailBoxUser): void {
    this.#users.add(user);
    this.mailbox.connect();
    user.onNews(newsOf(this.mailbox, undefined));
    if (this.#isFullTold) user.onFull();
  }

  /** What is held for those that are gone makes room for others. */
  leave(user: PooledMailBoxUser): void {
    this.#users.delete(user);
    for (const call of this.#held.takeAll()) {
      if (call.isWanted) this.#held.add(call);
      else this.#drop(call);
    }
  }

  /** A call of this process's own. */
  send(call: OutgoingCall): void {
    this.mailbox.send(call);
    this.#lookIfFull();
  }

  /** A call of another's. */
  relay(call: RelayedCall): void {
    call.serverId = this.mailbox.server.id;
    if (this.#takesCalls && this.#held.size === 0) return this.send(call);
    this.#lookIfFull(); // its connection may have filled since the last call
    if (this.#givesBack) return giveBack(call);
    const bytes = call.bodyBytes;
    const { now, limit } = this.#heldBytes;
    call.stage = this.mailbox.state === 'ready' ? 'waiting for room on its connection' : 'waiting for a connection';
    if (now > limit) {
      const why = `${now} bytes of calls are ${call.stage} already; maxQueuedBytes allows ${limit}`;
      call.fail(call.error(RpcCode.QueueFull, why, 'not-sent'));
      return;
    }
    call.keep();
    if (this.#held.add(call)) this.#heldBytes.now += bytes;
  }

  /** Gives back what is held, and from now on what cannot be sent at once: another process is about to lead. */
  giveBack(): void {
    this.#givesBack = true;
    for (const call of this.#held.takeAll()) {
      this.#heldBytes.now -= call.bodyBytes;
      giveBack(call);
    }
  }

  close(reason: RpcError, timeoutMs: number): Promise<void> {
    for (const call of this.#held.takeAll()) {
      this.#heldBytes.now -= call.bodyBytes;
      call.fail(call.error(reason.code, reason.message, 'not-sent', reason));
    }
    return this.mailbox.close(reason, timeoutMs);
  }

  get #takesCalls(): boolean {
    return this.mailbox.state === 'ready' && !this.mailbox.isFull;
  }

  #onState(to: MailBoxState, reason: RpcError | undefined): void {
    this.#isFullTold = false;
    if (to === 'ready') this.#sendHeld();
    if (this.mailbox.state !== to) return; // it has moved on, and that was told
    const news = newsOf(this.mailbox, reason);
    for (const user of [...this.#users]) user.onNews(news);
    this.#lookIfFull();
  }

  #onDrained(): void {
    this.#sendHeld();
    if (!this.#takesCalls || !this.#isFullTold) return;
    this.#isFullTold = false;
    for (const user of [...this.#users]) user.onDrained();
  }

  #sendHeld(): void {
    while (this.#takesCalls) {
      const call = this.#held.take();
      if (call === undefined) return;
      this.#heldBytes.now -= call.bodyBytes;
      if (call.isWanted) this.mailbox.send(call);
      else call.expire();
    }
  }

  #lookIfFull(): void {
    if (this.#isFullTold || this.mailbox.state !== 'ready' || !this.mailbox.isFull) return;
    this.#isFullTold = true;
    for (const user of [...this.#users]) user.onFull();
  }

  #drop(call: RelayedCall): void {
    this.#heldBytes.now -= call.bodyBytes;
    call.expire();
  }

  #onDue(call: RelayedCall): void {
    this.#heldBytes.now -= call.bodyBytes;
    call.fail(notConnected(call, this.mailbox));
  }
}

function giveBack(call: RelayedCall): void {
  call.fail(call.error(RpcCode.Stopping, 'the process that relays it is stopping', 'not-sent'));
}

/** What goes on its way out, or is closed, has no users any more. */
function newsOf(mailbox: MailBox, reason: RpcError | undefined): UpstreamStatus {
  const { state, lastFailure } = mailbox;
  return { state: state === 'draining' || state === 'closed' ? 'backoff' : state, reason, lastFailure };
}
