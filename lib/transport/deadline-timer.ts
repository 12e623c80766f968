import { outsideContexts } from '../async-context.js';
import { clearTimeout, performance, setTimeout } from '../timers.js';
import { AfterStall } from './after-stall.js';

/** Deadlines closer together than this share one scan, so that 10,000 deadlines do not cause 10,000 scans. Unit: ms */
const COALESCE_MS = 5;
/** Scans of a very large table take at most one part in so many of the CPU time; deadlines fire later instead. */
const SCAN_SHARE = 20;
/** Node's longest timer. The table is scanned again then for a deadline that is further away. Unit: ms */
const MAX_WAIT_MS = 0x7fffffff;

export interface DeadlineTimerOptions {
  /** The process stays alive while a deadline is outstanding. @default false */
  readonly holdsProcess?: boolean;
  /**
   * After a stall, the entries have up to 500 ms of it back. For the deadlines of this process's own calls; never for those of
   * a peer, whose clock went on during the stall. @default false
   */
  readonly givesTime?: boolean;
}

/**
 * A single timer for all deadlines of a table. A timer for each call costs about 300 ns to set and clear, and nearly every
 * call is answered long before its deadline. Here a new deadline costs one comparison, and the table is scanned only when
 * its earliest deadline is due. A deadline fires about {@link COALESCE_MS} ms late at most (about 50 ms with 100,000
 * waiting calls), and never early. After a stall of this process's own event loop, a deadline fires when the bytes that
 * arrived meanwhile have been read.
 */
export class DeadlineTimer {
  readonly #scan: (now: number) => number;
  readonly #holdsProcess: boolean;
  readonly #afterStall: AfterStall;
  #timer: NodeJS.Timeout | undefined;
  /** Time at which the timer fires; infinite while no timer is set. */
  #dueAt = Number.POSITIVE_INFINITY;

  /**
   * `scan(now)` expires the entries that are due, and returns the earliest remaining deadline (Infinity: none); see
   * {@link scanDue}.
   */
  constructor(scan: (now: number) => number, { holdsProcess = false, givesTime = false }: DeadlineTimerOptions = {}) {
    this.#scan = scan;
    this.#holdsProcess = holdsProcess;
    this.#afterStall = new AfterStall(() => this.#fire(), holdsProcess, givesTime);
  }

  /** Takes a new deadline into account. */
  note(deadline: number): void {
    if (deadline < this.#dueAt) this.#arm(deadline, performance.now());
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#afterStall.cancel();
    this.#dueAt = Number.POSITIVE_INFINITY;
  }

  #arm(dueAt: number, now: number): void {
    clearTimeout(this.#timer);
    this.#afterStall.cancel();
    this.#dueAt = dueAt;
    // Node's timers cut off fractions of a ms, and would fire early by that fraction.
    const wait = Math.min(MAX_WAIT_MS, Math.max(0, Math.ceil(dueAt - now)));
    this.#timer = outsideContexts(() => setTimeout(() => this.#afterStall.run(now + wait), wait));
    if (!this.#holdsProcess) this.#timer.unref();
  }

  #fire(): void {
    this.#dueAt = Number.POSITIVE_INFINITY;
    const now = performance.now();
    const earliest = this.#scan(now);
    const tookMs = performance.now() - now;
    const pauseMs = Math.max(COALESCE_MS, tookMs * SCAN_SHARE);
    // The scan itself may have made calls that armed the timer.
    if (earliest < this.#dueAt) this.#arm(Math.max(earliest, now + pauseMs), now);
  }
}

/**
 * Calls `onDue` for each entry whose time has come, and returns the earliest time of the others (Infinity: none). `onDue` may
 * change the collection. For collections that are scanned rarely: tables on the way of every call have loops of their own.
 */
export function scanDue<T>(
  entries: Iterable<T>,
  now: number,
  timeOf: (entry: T) => number,
  onDue: (entry: T) => void,
): number {
  let earliest = Number.POSITIVE_INFINITY;
  for (const entry of [...entries]) {
    const time = timeOf(entry);
    if (time <= now) onDue(entry);
    else if (time < earliest) earliest = time;
  }
  return earliest;
}

export function deadlineOf({ deadline }: { readonly deadline: number }): number {
  return deadline;
}
