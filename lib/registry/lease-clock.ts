import type { Clock } from './clock.js';
import { TRUSTED_PART } from './engine.js';

/** A machine whose uptime ran so much ahead of the other clock was suspended. Unit: ms */
const SUSPENDED_MS = 1_000;

/**
 * How long a lease may be relied on. The store counts the time of a lease from when a renewal arrives there, which is never earlier
 * than when the renewal was sent: a holder that counts from the sending gives up before the store does.
 */
export class LeaseClock {
  readonly #clock: Clock;
  readonly #trusted: number;
  #sentAt: number;
  #aheadBy: number;

  /** `ttl`: as granted. `sentAt`: when the request for the lease was sent. */
  constructor(clock: Clock, ttl: number, sentAt: number) {
    this.#clock = clock;
    this.#trusted = ttl * TRUSTED_PART;
    this.#sentAt = sentAt;
    this.#aheadBy = this.#uptimeAhead();
  }

  /** `sentAt`: when the renewal that was acknowledged was sent. */
  renewed(sentAt: number): void {
    this.#sentAt = sentAt;
    this.#aheadBy = this.#uptimeAhead();
  }

  /** Time that is left; 0 or less where the lease has run out. Unit: ms */
  left(): number {
    return this.#sentAt + this.#trusted - this.#clock.now();
  }

  /** Why the lease can no longer be relied on; undefined while it can. */
  verdict(): 'expired' | 'suspended' | undefined {
    if (this.left() <= 0) return 'expired';
    return this.#uptimeAhead() - this.#aheadBy > SUSPENDED_MS ? 'suspended' : undefined;
  }

  #uptimeAhead(): number {
    return this.#clock.uptime() - this.#clock.now();
  }
}
