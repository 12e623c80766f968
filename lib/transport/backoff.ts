import { hasCode } from '../errors.js';

/**
 * The first redials come quickly, each after twice the wait of the one before: a Leader that died is replaced within
 * milliseconds. ms
 */
const QUICK_MS: readonly number[] = [0, 1, 2, 4, 8, 16, 32];
/**
 * After those a wait is about a fifth of the time that it has lasted already, so that redialling adds little to any
 * outage. Its jitter is that of gRPC's connection backoff.
 */
const FIRST_MS = 50;
const FACTOR = 1.2;
const JITTER = 0.2;
/** Where an attempt may cost the other end something, or itself takes long. Suits a LAN. */
const MAX_MS = 5_000;
/**
 * Where the machine answers that nobody listens: that costs a packet each way and some 0.1 ms of CPU, and a thousand
 * callers that come back within this time are what one server can take in.
 */
const MAX_REFUSED_MS = 500;

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

  /**
   * ms until the next attempt; `why` is what the last one failed of. Quick waits are exact; the others vary by a fifth,
   * so that many callers do not march in step.
   */
  next(why?: unknown): number {
    const attempt = this.#attempts++;
    const quick = QUICK_MS[attempt];
    if (quick !== undefined) return quick;
    const wait = Math.min(isRefused(why) ? MAX_REFUSED_MS : MAX_MS, FIRST_MS * FACTOR ** (attempt - QUICK_MS.length));
    return wait * (1 - JITTER + 2 * JITTER * this.#random());
  }

  reset(): void {
    this.#attempts = 0;
  }
}

/** The machine is there, and nobody listens on the port. */
export function isRefused(error: unknown): boolean {
  return hasCode(error, ['ECONNREFUSED']);
}
