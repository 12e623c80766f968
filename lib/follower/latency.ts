/** How much a new measurement counts: the last ten or so decide. */
const WEIGHT = 0.2;
/** After so long without a measurement nothing is known any more: a server that was slow once must be tried again. */
const FADE_MS = 30_000;
/** One answer in so many is measured; reading the clock for each would cost more than it tells. */
const SAMPLE_EVERY = 16;

/** Recent latency of one connection, as a moving average, for routers that ask. */
export class Latency {
  #ms: number | undefined;
  #measuredAt = 0;
  #answers = 0;

  /** An answer came to a request that was sent at `sentAt`; undefined where that is not known. */
  answered(sentAt: number | undefined): void {
    if (this.#answers++ % SAMPLE_EVERY !== 0 || sentAt === undefined) return;
    const now = performance.now();
    const ms = now - sentAt;
    this.#ms = this.#ms === undefined ? ms : this.#ms + WEIGHT * (ms - this.#ms);
    this.#measuredAt = now;
  }

  /** Answers so far, measured or not. */
  get answers(): number {
    return this.#answers;
  }

  /** ms; undefined where nothing is known. */
  get ms(): number | undefined {
    return performance.now() - this.#measuredAt < FADE_MS ? this.#ms : undefined;
  }
}
