import { performance } from '../timers.js';

/** Weight of a new measurement: about the last ten decide. */
const WEIGHT = 0.2;
/** Time after which a measurement is forgotten, so that a server that was slow once is tried again. Unit: ms */
const FADE_MS = 30_000;
/** Number of answers for each measurement: reading the clock for every answer would cost more than the result is worth. */
const SAMPLE_EVERY = 16;

/** Recent latency of one connection, as a moving average, for routers that ask. */
export class Latency {
  #ms: number | undefined;
  #measuredAt = 0;
  #answers = 0;

  /** Counts an answer to a request that was sent at `sentAt`; undefined where the time of sending is not known. */
  answered(sentAt: number | undefined): void {
    if (this.#answers++ % SAMPLE_EVERY !== 0 || sentAt === undefined) return;
    const now = performance.now();
    const ms = now - sentAt;
    this.#ms = this.#ms === undefined ? ms : this.#ms + WEIGHT * (ms - this.#ms);
    this.#measuredAt = now;
  }

  /** Number of answers so far, measured or not. */
  get answers(): number {
    return this.#answers;
  }

  /** Recent latency; undefined where nothing is known. Unit: ms */
  get ms(): number | undefined {
    return performance.now() - this.#measuredAt < FADE_MS ? this.#ms : undefined;
  }
}
