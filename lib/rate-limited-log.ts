import { outsideContexts } from './async-context.js';
import type { Logger } from './diagnostics.js';
import { clearTimeout, setTimeout } from './timers.js';

/** Pause between two lines. ms */
const PAUSE_MS = 1_000;

/**
 * Limits log lines that strangers can cause at any rate. At most one line a second is written, and each line says how many
 * others were left out before it.
 */
export class RateLimitedLog {
  readonly #logger: Logger;
  #timer: NodeJS.Timeout | undefined;
  #leftOut = 0;
  /** Latest line that was left out, which is the next one to be written. */
  #latest = '';

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  warn(line: string): void {
    if (this.#timer !== undefined) {
      this.#leftOut += 1;
      this.#latest = line;
      return;
    }
    this.#timer = outsideContexts(() => setTimeout(() => this.#next(), PAUSE_MS).unref());
    this.#logger.warn(line);
  }

  /** Writes the latest line that was left out, at once. */
  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writeLatest();
  }

  #next(): void {
    this.#timer = undefined;
    if (this.#leftOut === 0) return;
    this.#timer = outsideContexts(() => setTimeout(() => this.#next(), PAUSE_MS).unref());
    this.#writeLatest();
  }

  #writeLatest(): void {
    const others = this.#leftOut - 1;
    if (others < 0) return;
    this.#leftOut = 0;
    this.#logger.warn(others === 0 ? this.#latest : `${this.#latest} (and ${others} more like it, left out)`);
  }
}
