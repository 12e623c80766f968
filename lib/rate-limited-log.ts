import type { Logger } from './diagnostics.js';

/** Between two lines. ms */
const PAUSE_MS = 1_000;

/**
 * Log lines that strangers can bring about as often as they like: one a second at the most, and how many were left
 * out in it.
 */
export class RateLimitedLog {
  readonly #logger: Logger;
  #timer: NodeJS.Timeout | undefined;
  #leftOut = 0;
  /** The latest of those that were left out; it is the one that is written. */
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
    this.#timer = setTimeout(() => this.#next(), PAUSE_MS).unref();
    this.#logger.warn(line);
  }

  /** Writes what is left at once. */
  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writeLatest();
  }

  #next(): void {
    this.#timer = undefined;
    if (this.#leftOut === 0) return;
    this.#timer = setTimeout(() => this.#next(), PAUSE_MS).unref();
    this.#writeLatest();
  }

  #writeLatest(): void {
    const others = this.#leftOut - 1;
    if (others < 0) return;
    this.#leftOut = 0;
    this.#logger.warn(others === 0 ? this.#latest : `${this.#latest} (and ${others} more like it, left out)`);
  }
}
