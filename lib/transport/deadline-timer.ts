import { outsideCalls } from '../call-context.js';

/** Deadlines closer together than this share one look, so that 10,000 of them do not make 10,000 scans. */
const COALESCE_MS = 5;
/** Scans of a very large table take at most one part in so many of the time, and deadlines fire later instead. */
const SCAN_SHARE = 20;
/** Node's longest timer; a deadline further off is looked at again then. */
const MAX_WAIT_MS = 0x7fffffff;

/**
 * One timer for all deadlines of a table. A timer a call costs some 300 ns to set and clear, and nearly every call
 * is answered long before its deadline; here a new deadline costs one comparison, and the table is scanned only
 * when its earliest one is due. A deadline fires at most some {@link COALESCE_MS} ms late (with
 * 100,000 calls waiting some 50 ms), never early.
 */
export class DeadlineTimer {
  readonly #scan: (now: number) => number;
  readonly #holdsProcess: boolean;
  #timer: NodeJS.Timeout | undefined;
  /** When the timer fires; infinite while none is set. */
  #dueAt = Number.POSITIVE_INFINITY;

  /**
   * `scan(now)` expires what is due, and returns the earliest deadline that is left (Infinity: none). With
   * `holdsProcess` the process stays alive while a deadline is outstanding.
   */
  constructor(scan: (now: number) => number, holdsProcess = false) {
    this.#scan = scan;
    this.#holdsProcess = holdsProcess;
  }

  note(deadline: number): void {
    if (deadline < this.#dueAt) this.#arm(deadline, performance.now());
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#dueAt = Number.POSITIVE_INFINITY;
  }

  #arm(dueAt: number, now: number): void {
    clearTimeout(this.#timer);
    this.#dueAt = dueAt;
    // Node's timers cut fractions of a ms off, and would fire early by as much.
    const wait = Math.min(MAX_WAIT_MS, Math.max(0, Math.ceil(dueAt - now)));
    this.#timer = outsideCalls(() => setTimeout(() => this.#fire(), wait));
    if (!this.#holdsProcess) this.#timer.unref();
  }

  #fire(): void {
    this.#dueAt = Number.POSITIVE_INFINITY;
    const now = performance.now();
    const earliest = this.#scan(now);
    const tookMs = performance.now() - now;
    const pauseMs = Math.max(COALESCE_MS, tookMs * SCAN_SHARE);
    // The scan may itself have made calls, and so armed the timer.
    if (earliest < this.#dueAt) this.#arm(Math.max(earliest, now + pauseMs), now);
  }
}
