import type { Clock } from './clock.js';
import type { Lease, LeaseCalls } from './engine.js';
import { HeldLease } from './held-lease.js';

/** The leases of an engine, from the grant to their end. */
export class HeldLeases {
  readonly #calls: LeaseCalls;
  readonly #clock: Clock;
  readonly #leases = new Set<HeldLease>();
  #isClosed = false;

  constructor(calls: LeaseCalls, clock: Clock) {
    this.#calls = calls;
    this.#clock = clock;
  }

  async take(ttl: number): Promise<Lease> {
    const lease = new HeldLease(await this.#calls.grant(ttl), this.#calls, this.#clock);
    if (this.#isClosed) lease.lose('closed');
    this.#leases.add(lease);
    void lease.lost.then(() => this.#leases.delete(lease));
    return lease;
  }

  /** All leases are lost, also those that are being granted. */
  close(): void {
    this.#isClosed = true;
    for (const lease of this.#leases) lease.lose('closed');
  }
}
