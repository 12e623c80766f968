import { hasCode } from '../errors.js';

/** Waits before the first redials, each twice the one before: a Leader that died is replaced within milliseconds. Unit: ms */
const QUICK_MS: readonly number[] = [0, 1, 2, 4, 8, 16, 32];
/**
 * Base, growth and jitter of the later waits. Each wait is about a fifth of the outage so far, so that redialling adds
 * little to any outage. The jitter is that of gRPC's connection backoff. Unit of the base: ms
 */
const FIRST_MS = 50;
const FACTOR = 1.2;
const JITTER = 0.2;
/** Longest wait where an attempt may cost the server something, or takes long itself. Suits a LAN. Unit: ms */
const MAX_MS = 5_000;
/**
 * Longest wait where the machine refuses the connection because no process listens. A refusal costs a packet each way and
 * about 0.1 ms of CPU. One server can admit a thousand callers that return within this time. Unit: ms
 */
const MAX_REFUSED_MS = 500;

/** Waits between repeated attempts, such as dials of one server. */
export class Backoff {
  #attempts = 0;
  readonly #random: () => number;

  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  /** Number of attempts since the last success. */
  get attempts(): number {
    return this.#attempts;
  }

  /**
   * Wait until the next attempt; `why` is the failure of the last attempt. The first waits are exact. Later waits vary by a
   * fifth, so that many callers do not redial at the same moment. Unit: ms
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

/** True where the machine answered that no process listens on the port. */
export function isRefused(error: unknown): boolean {
  return hasCode(error, ['ECONNREFUSED', 'ENOENT']);
}
