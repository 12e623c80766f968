/** The first redials come quickly: a Leader that died is replaced, or a server restarted, within milliseconds. */
const QUICK_MS: readonly number[] = [0, 1, 5, 20];
/** After those, exponential. Source: gRPC's connection backoff (x1.6, jitter 0.2), from 100 ms to 5 s as suits a LAN. */
const FIRST_MS = 100;
const FACTOR = 1.6;
const MAX_MS = 5_000;
const JITTER = 0.2;

/** The waits between attempts at one thing. */
export class Backoff {
  #attempts = 0;
  readonly #random: () => number;

  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  /** Attempts since the last success. */
  get attempts(): number {
    return this.#attempts;
  }

  /** ms until the next attempt. Quick waits are exact; the others vary by a fifth, so that many callers do not march in step. */
  next(): number {
    const attempt = this.#attempts++;
    const quick = QUICK_MS[attempt];
    if (quick !== undefined) return quick;
    const wait = Math.min(MAX_MS, FIRST_MS * FACTOR ** (attempt - QUICK_MS.length));
    return wait * (1 - JITTER + 2 * JITTER * this.#random());
  }

  reset(): void {
    this.#attempts = 0;
  }
}
