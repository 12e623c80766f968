import { clearTimeout, nextTick, setTimeout } from '../timers.js';
import { EarlyFlush } from './early-flush.js';

/** Bytes after which committed frames do not wait for the end of the tick, so that a full stream is noticed at once. */
const EARLY_FLUSH_BYTES = 64 * 1024;

/** Decides when a connection writes its committed frames: early, at the end of the tick, or after an interval. */
export class FlushSchedule {
  readonly #intervalMs: number;
  readonly #flush: () => void;
  readonly #onDue: () => void;
  readonly #earlyFlush = new EarlyFlush();
  #isScheduled = false;
  #timer: NodeJS.Timeout | undefined;

  /** `intervalMs`: 0 for the end of the tick, with early flushes. `onDue` is called then, or after the interval. */
  constructor(intervalMs: number, flush: () => void, onDue: () => void) {
    this.#intervalMs = intervalMs;
    this.#flush = flush;
    this.#onDue = onDue;
  }

  /** A frame was committed. `frames` and `bytes` are not written yet. */
  committed(frames: number, bytes: number): void {
    if (this.#intervalMs === 0 && (this.#earlyFlush.isDue(frames) || bytes >= EARLY_FLUSH_BYTES)) this.#flush();
    else if (!this.#isScheduled) this.#schedule();
  }

  wrote(frames: number): void {
    this.#earlyFlush.wrote(frames);
  }

  tickEnded(): void {
    this.#earlyFlush.tickEnded();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #schedule(): void {
    this.#isScheduled = true;
    if (this.#intervalMs > 0) this.#timer = setTimeout(this.#due, this.#intervalMs);
    else nextTick(this.#due);
  }

  readonly #due = (): void => {
    this.#isScheduled = false;
    this.#onDue();
  };
}
