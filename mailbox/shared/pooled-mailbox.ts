import type { OutgoingCall } from '../../lib/call/outgoing-call.js';
import type { RpcError } from '../../lib/errors.js';
import { type HeldBytes, HeldRelayedCalls } from '../../lib/relay/held-relayed-calls.js';
import { type RelayedCall, returnCall } from '../../lib/relay/relayed-call.js';
import { performance } from '../../lib/timers.js';
import { type MailBox, type MailBoxState, notConnected } from '../index.js';
import type { DialGate } from './dial-gate.js';
import type { UpstreamStatus } from './upstream.js';

/** Time for which a mailbox is dialled as for a waiting call after it was asked for, used or lost. Unit: ms */
const WANTED_FOR_MS = 10_000;

/** User of a real mailbox: a shared mailbox of this process, or a Follower on behalf of one of its mailboxes. */
export interface PooledMailBoxUser {
  /** Gate for the attempts to connect for this user. Undefined: no limit. */
  readonly gate?: DialGate;
  onStatus(status: UpstreamStatus): void;
  /** The mailbox takes no more calls until {@link onDrained}. */
  onFull(): void;
  onDrained(): void;
}

/**
 * A real mailbox in the Leader, with its users.
 *
 * Calls wait in the process that made them, and are sent here when that process has heard that the mailbox takes calls.
 * A call that arrives when the mailbox takes calls no longer is held as a copy. Held calls are sent before any call that
 * follows the next report.
 */
export class PooledMailBox {
  readonly mailbox: MailBox;
  readonly #users = new Set<PooledMailBoxUser>();
  readonly #held: HeldRelayedCalls;
  #isFullReported = false;
  #wantedUntil = 0;
  /** Calls that cannot be sent at once are returned: another process is about to lead. */
  #returnsCalls = false;

  /** `limit` is the number of calls that may be held. */
  constructor(mailbox: MailBox, limit: number, heldBytes: HeldBytes) {
    this.mailbox = mailbox;
    this.#held = new HeldRelayedCalls(limit, heldBytes, (call) => call.fail(notConnected(call, mailbox)));
    mailbox.on('state', (to, from, reason) => this.#onState(to, from, reason));
    mailbox.on('drained', () => this.#onDrained());
  }

  get isUsed(): boolean {
    return this.#users.size > 0;
  }

  /** Number of calls that wait here. */
  get held(): number {
    return this.#held.size;
  }

  /** True while a call needs the connection, as far as this process knows: calls wait in the processes that made them. */
  get isWanted(): boolean {
    return this.#held.size > 0 || performance.now() < this.#wantedUntil;
  }

  /** Gate for the next attempt to connect: the user's whose attempts wait least. */
  get gate(): DialGate | undefined {
    let best: DialGate | undefined;
    for (const { gate } of this.#users) {
      if (gate === undefined) return undefined;
      if (best === undefined || gate.waiting < best.waiting) best = gate;
    }
    return best;
  }

  /** Connects, and notifies the user of the state as it is now. May be called again by the same user. */
  acquire(user: PooledMailBoxUser): void {
    this.#users.add(user);
    this.#want();
    this.mailbox.connect();
    user.onStatus(statusOf(this.mailbox, undefined));
    if (this.#isFullReported) user.onFull();
  }

  release(user: PooledMailBoxUser): void {
    this.#users.delete(user);
    this.#held.dropUnwanted();
  }

  /** Sends a call of this process. */
  send(call: OutgoingCall): void {
    this.mailbox.send(call);
    this.#reportIfFull();
  }

  /** Sends a call of a Follower, or holds the call until the mailbox takes calls. */
  relay(call: RelayedCall): void {
    call.serverId = this.mailbox.server.id;
    if (this.#takesCalls && this.#held.size === 0) return this.send(call);
    this.#reportIfFull(); // the connection may have filled since the last call
    if (this.#returnsCalls) return returnCall(call);
    call.move('queued', this.mailbox.state === 'ready' ? 'room' : 'connection');
    this.#held.add(call);
    this.#want();
    // The Follower sent the call before it heard that the mailbox is idle, and may have no other call that connects again.
    this.mailbox.connect();
  }

  /** Returns held calls to their callers, and from now on each call that cannot be sent at once. */
  returnHeld(): void {
    this.#returnsCalls = true;
    for (const call of this.#held.takeAll()) returnCall(call);
  }

  /** Closes the mailbox as {@link MailBox.close} does. Held calls fail with the reason. */
  close(reason: RpcError, timeoutMs: number): Promise<void> {
    for (const call of this.#held.takeAll()) call.fail(call.error(reason.code, reason.message, 'not-sent', reason));
    return this.mailbox.close(reason, timeoutMs);
  }

  get #takesCalls(): boolean {
    return this.mailbox.state === 'ready' && !this.mailbox.isFull;
  }

  #want(): void {
    this.#wantedUntil = performance.now() + WANTED_FOR_MS;
  }

  #onState(to: MailBoxState, from: MailBoxState, reason: RpcError | undefined): void {
    this.#isFullReported = false;
    if (from === 'ready') this.#want();
    if (to === 'ready') this.#sendHeld();
    if (this.mailbox.state !== to) return; // a later move has been reported meanwhile
    const status = statusOf(this.mailbox, reason);
    for (const user of [...this.#users]) user.onStatus(status);
    this.#reportIfFull();
  }

  #onDrained(): void {
    this.#sendHeld();
    if (!this.#takesCalls || !this.#isFullReported) return;
    this.#isFullReported = false;
    for (const user of [...this.#users]) user.onDrained();
  }

  #sendHeld(): void {
    while (this.#takesCalls) {
      const call = this.#held.take();
      if (call === undefined) return;
      if (call.isWanted) this.mailbox.send(call);
      else call.expire();
    }
  }

  #reportIfFull(): void {
    if (this.#isFullReported || this.mailbox.state !== 'ready' || !this.mailbox.isFull) return;
    this.#isFullReported = true;
    for (const user of [...this.#users]) user.onFull();
  }
}

/**
 * A mailbox that drains or is closed has no users, so that users never see those states. Hooks run in the processes that have
 * them, and never here.
 */
function statusOf(mailbox: MailBox, reason: RpcError | undefined): UpstreamStatus {
  const { state, lastFailure, generation } = mailbox;
  const isUsers = state !== 'draining' && state !== 'closed' && state !== 'preparing';
  return { state: isUsers ? state : 'backoff', reason, lastFailure, generation };
}
