import { RpcCode } from '../errors.js';
import { eventLoop } from '../event-loop.js';
import { DeadlineTimer } from '../transport/deadline-timer.js';
import type { OutgoingCall } from './outgoing-call.js';

/**
 * Calls that wait for something before they can be sent (or, after their answer, for a filter): a router's answer, a
 * filter's, a connection. Their deadlines are kept here, as those of sent calls are kept by their connection.
 */
export class HeldCalls<C extends OutgoingCall = OutgoingCall> {
  readonly #calls = new Set<C>();
  readonly #onDue: (call: C) => void;
  readonly #limit: number;
  readonly #timer: DeadlineTimer;
  readonly #earlyMs: number;
  #onEmpty: (() => void) | undefined;

  /**
   * `onDue` settles a call whose deadline has passed; it is no longer held then. `limit`: calls. `earlyMs`: so long
   * before the deadline, so that whoever is told of it hears it in time.
   */
  constructor(onDue: (call: C) => void, limit = Number.POSITIVE_INFINITY, earlyMs = 0) {
    this.#onDue = onDue;
    this.#limit = limit;
    this.#earlyMs = earlyMs;
    // A process must not end while one of its calls has still to settle and no socket holds it.
    this.#timer = new DeadlineTimer((now) => this.#expire(now), true);
  }

  get size(): number {
    return this.#calls.size;
  }

  /** False when the limit is reached; the call has been failed then. */
  add(call: C): boolean {
    // What has its answer already is not sent away for want of room.
    if (this.#calls.size >= this.#limit && call.state !== 'answered') {
      const why = `${this.#limit} calls are ${call.stage} already, which is pendingSize`;
      call.fail(call.error(RpcCode.PendingFull, why, call.delivery));
      return false;
    }
    call.startClock();
    if (this.#calls.size === 0) eventLoop.enter();
    this.#calls.add(call);
    this.#timer.note(call.deadline - this.#earlyMs);
    if (call.isCancellable) call.heldBy(() => this.delete(call));
    return true;
  }

  delete(call: C): void {
    if (this.#calls.delete(call) && this.#calls.size === 0) this.#empty();
  }

  /** The one that was held longest; undefined where none is. */
  take(): C | undefined {
    const [first] = this.#calls;
    if (first !== undefined) this.delete(first);
    return first;
  }

  /** Empties it; what was held, in the order in which it came. */
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
    let earliest = Number.POSITIVE_INFINITY;
    for (const call of [...this.#calls]) {
      const dueAt = call.deadline - this.#earlyMs;
      if (dueAt <= now) {
        this.delete(call);
        this.#onDue(call);
      } else if (dueAt < earliest) {
        earliest = dueAt;
      }
    }
    return earliest;
  }
}

/** Waits for the promise, but no longer than so many ms. Rejects as that does, if in time. */
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
