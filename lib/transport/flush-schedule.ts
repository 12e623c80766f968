import { clearTimeout, nextTick, setTimeout } from '../timers.js';
import type { ConnectionOptions } from './connection-contract.js';
import { EarlyFlush } from './early-flush.js';

/** Bytes after which committed frames do not wait for the end of the tick, so that a full stream is noticed at once. */
const EARLY_FLUSH_BYTES = 64 * 1024;

type FlushOptions = Pick<ConnectionOptions, 'flushInterval' | 'relays'>;

/** Decides when a connection writes its committed frames: early, at the end of the tick, or after an interval. */
export class FlushSchedule {
  readonly #intervalMs: number;
  readonly #flush: () => void;
  readonly #onDue: () => void;
  /** Notified by the connection of what was written, and of the end of each tick. */
  readonly early: EarlyFlush;
  #isScheduled = false;
  #timer: NodeJS.Timeout | undefined;

  /** `flushInterval`: 0 for the end of the tick, with early flushes. `onDue` is called then, or after the interval. */
  constructor(options: FlushOptions, flush: () => void, onDue: () => void) {
    this.#intervalMs = options.flushInterval;
    this.#flush = flush;
    this.#onDue = onDue;
    this.early = new EarlyFlush(options.relays);
  }

  /** A frame was committed. `frames` and `bytes` are not written yet. */
  committed(frames: number, bytes: number): void {
    if (this.#intervalMs === 0 && (this.early.isDue(frames) || bytes >= EARLY_FLUSH_BYTES)) this.#flush();
    else if (!this.#isScheduled) this.#schedule();
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
