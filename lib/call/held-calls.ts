import { RpcCode } from '../errors.js';
import { eventLoop } from '../event-loop.js';
import { clearTimeout, setTimeout } from '../timers.js';
import { DeadlineTimer, scanDue } from '../transport/deadline-timer.js';
import { stillIn } from './call-state.js';
import type { OutgoingCall } from './outgoing-call.js';

/**
 * Calls that wait for a router, for a filter (before they are sent, or after their answer), for a connection or for their
 * next attempt. This table watches their deadlines, as a connection watches those of the calls sent on it.
 */
export class HeldCalls<C extends OutgoingCall = OutgoingCall> {
  readonly #calls = new Set<C>();
  readonly #onDue: (call: C) => void;
  readonly #limit: number;
  readonly #timer: DeadlineTimer;
  readonly #earlyMs: number;
  #onEmpty: (() => void) | undefined;

  /**
   * `onDue` settles a call whose deadline has passed; the call is no longer held then. `limit`: calls. `earlyMs`: time
   * before the deadline at which `onDue` is called, so that a caller in another process hears of it in time.
   */
  constructor(onDue: (call: C) => void, limit = Number.POSITIVE_INFINITY, earlyMs = 0) {
    this.#onDue = onDue;
    this.#limit = limit;
    this.#earlyMs = earlyMs;
    // A process must not end while a call is unsettled and no socket keeps the process alive.
    this.#timer = new DeadlineTimer((now) => this.#expire(now), { holdsProcess: true, givesTime: true });
  }

  get size(): number {
    return this.#calls.size;
  }

  /** False when the limit is reached; the call has been failed then. */
  add(call: C): boolean {
    // A call that has its answer already is not rejected for want of room.
    if (this.#calls.size >= this.#limit && call.state !== 'answered') {
      call.fail(call.error(RpcCode.PendingFull, held(call, this.#limit), call.delivery));
      return false;
    }
    call.startClock();
    if (this.#calls.size === 0) eventLoop.enter(call.startedAt);
    this.#calls.add(call);
    this.#timer.note(call.deadline - this.#earlyMs);
    if (call.isCancellable) call.heldBy(() => this.delete(call));
    return true;
  }

  delete(call: C): void {
    if (this.#calls.delete(call) && this.#calls.size === 0) this.#empty();
  }

  /** Takes the call that was held longest; undefined where none is. */
  take(): C | undefined {
    const [first] = this.#calls;
    if (first !== undefined) this.delete(first);
    return first;
  }

  /** Takes all calls, in the order in which they came. */
  takeAll(): C[] {
    const calls = [...this.#calls];
    this.#calls.clear();
    if (calls.length > 0) this.#empty();
    return calls;
  }

  whenEmpty(): Promise<void> {
    if (this.#calls.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onEmpty = resolve;
    });
  }

  #empty(): void {
    eventLoop.leave();
    this.#timer.stop();
    this.#onEmpty?.();
    this.#onEmpty = undefined;
  }

  #expire(now: number): number {
    const dueAt = (call: C): number => call.deadline - this.#earlyMs;
    return scanDue(this.#calls, now, dueAt, (call) => {
      if (!this.#calls.has(call)) return; // taken out meanwhile: the end of an earlier one may end its connection
      this.delete(call);
      this.#onDue(call);
    });
  }
}

function held(call: OutgoingCall, limit: number): string {
  if (limit === 0) return `not sent: ${stillIn(call.stage)}, and pendingSize is 0`;
  const waiting = limit === 1 ? '1 call already waits' : `${limit} calls already wait`;
  const advice = 'call less often, or raise pendingSize';
  return `not sent: ${stillIn(call.stage)}, where ${waiting}, and pendingSize allows no more; ${advice}`;
}

/** Waits for the promise, but no longer than `ms`. Rejects as the promise does, if in time. */
export async function settledWithin(promise: Promise<unknown>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  try {
    await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
