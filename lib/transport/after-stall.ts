import { eventLoop } from '../event-loop.js';
import { clearImmediate, clearTimeout, performance, setImmediate, setTimeout } from '../timers.js';

/** Delay of a timer that counts as a stall of the event loop. Unit: ms */
const LATE_MS = 1;
/** Time after which a deadline counts although bytes still arrive. Unit: ms */
const MAX_GRACE_MS = 100;
/** Stall from which on deadlines get time back. Shorter ones are common. Unit: ms */
const MIN_STALL_MS = 20;
/** Most time that deadlines get back. A loaded machine needs some of it to connect and to answer. Unit: ms */
const MAX_BACK_MS = 500;

let chunks = 0;
/** Until when the deadlines of {@link AfterStall} with `givesTime` are postponed, since this process was blocked. Unit: ms */
let excusedUntil = 0;

/** Notes that a connection of this process has read bytes. */
export function bytesRead(): void {
  chunks += 1;
}

/** Time that is left of a call: until its deadline, or until the end of the time that calls got back after a stall. Whole ms. */
export function timeLeft(deadline: number, now = performance.now()): number {
  return Math.ceil(Math.max(deadline - now, excusedMs(now)));
}

/** Time that calls still have back after a stall. Unit: ms */
function excusedMs(now: number): number {
  const left = excusedUntil - now;
  return left <= MAX_BACK_MS ? Math.max(0, left) : 0;
}

/**
 * Runs the work of a deadline. After a stall of this process's own event loop the deadline's answer may lie unread in a
 * socket, since timers run before sockets are read. The work then waits for turns of I/O: until one of them has read nothing,
 * and for {@link MAX_GRACE_MS} at most.
 *
 * A call may also have been neither connected nor sent when the stall began. With `givesTime` the work therefore waits for as
 * long as the stall lasted, and again for {@link MAX_GRACE_MS} at most: enough for a server nearby.
 */
export class AfterStall {
  readonly #work: () => void;
  readonly #holdsProcess: boolean;
  readonly #givesTime: boolean;
  #immediate: NodeJS.Immediate | undefined;
  #timer: NodeJS.Timeout | undefined;
  #chunks = 0;
  #since = 0;

  /** With `holdsProcess` the process stays alive until the work was done. */
  constructor(work: () => void, holdsProcess = true, givesTime = false) {
    this.#work = work;
    this.#givesTime = givesTime;
    this.#holdsProcess = holdsProcess;
  }

  /** Does the work now, or after the I/O of a stall. `dueAt`: time for which the timer was set. Unit: ms */
  run(dueAt: number): void {
    const now = performance.now();
    const blockedMs = eventLoop.justBlocked(now);
    const isLate = now - dueAt > LATE_MS || blockedMs > 0;
    if (!isLate && !(this.#givesTime && excusedMs(now) > 0)) return this.#work();
    const stallMs = Math.max(now - dueAt, blockedMs);
    if (this.#givesTime && stallMs >= MIN_STALL_MS) {
      // A short stall after a long one takes nothing back of what the long one gave.
      excusedUntil = now + Math.max(excusedMs(now), Math.min(stallMs, MAX_BACK_MS));
    }
    this.#since = now;
    this.#wait();
  }

  cancel(): void {
    clearImmediate(this.#immediate);
    clearTimeout(this.#timer);
    this.#immediate = undefined;
  }

  #wait(): void {
    clearImmediate(this.#immediate);
    this.#chunks = chunks;
    this.#immediate = setImmediate(this.#turnEnded);
    if (!this.#holdsProcess) this.#immediate.unref();
  }

  readonly #turnEnded = (): void => {
    this.#immediate = undefined;
    const now = performance.now();
    const waitedMs = now - this.#since;
    if (chunks !== this.#chunks && waitedMs < MAX_GRACE_MS) return this.#wait();
    const waitMs = this.#givesTime ? Math.min(MAX_BACK_MS - waitedMs, excusedMs(now)) : 0;
    if (waitMs <= 0) return this.#work();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#work, Math.ceil(waitMs));
    if (!this.#holdsProcess) this.#timer.unref();
  };
}
