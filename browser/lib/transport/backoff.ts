/** Waits between attempts of a page: the pages of all users redial when a gateway is started anew. Unit: ms */
const FIRST_MS = 100;
const MAX_MS = 5_000;
const FACTOR = 1.5;

/** Waits between repeated attempts, such as dials of one server. */
export class Backoff {
  #attempts = 0;

  /** Number of attempts since the last success. */
  get attempts(): number {
    return this.#attempts;
  }

  /** Wait until the next attempt: half of a bound that grows, and a random part of the other half. Unit: ms */
  next(_why?: unknown): number {
    const bound = Math.min(MAX_MS, FIRST_MS * FACTOR ** this.#attempts++);
    return (bound * (1 + Math.random())) / 2;
  }

  reset(): void {
    this.#attempts = 0;
  }
}
