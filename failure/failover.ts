import { type Decision, enough, type FailurePolicy, giveUp, type Tried } from './policy.js';
import type { Reachability } from './reachability.js';

/** Wait before the first retry of a call that has reached a server; doubled for each further one. */
const FIRST_WAIT_MS = 20;
const MAX_WAIT_MS = 1_000;

/**
 * Tries another server of the type, never one that was tried. A call that never left this process goes there at once. One
 * that did waits for a random time up to a bound that grows (full jitter), so that callers do not all move on together.
 *
 * Where none of the servers that are left can be reached, the call waits for the first that can, as long as the call has
 * time. It waits for the only server of a type as in failfast.
 */
export class Failover implements FailurePolicy {
  readonly #reachability: Pick<Reachability, 'untried'>;
  readonly #random: () => number;

  constructor(reachability: Pick<Reachability, 'untried'>, random: () => number = Math.random) {
    this.#reachability = reachability;
    this.#random = random;
  }

  waitsForReady({ call, servers }: Tried): boolean {
    return servers.size + this.#reachability.untried(call.serverType, servers) <= 1;
  }

  decide(tried: Tried, _error: unknown, isFree: boolean): Decision {
    // Servers that could not be reached were not asked, and cost no retry.
    const enoughAsked = enough(tried.count - tried.outOfReach.size, tried.options);
    if (enoughAsked !== undefined) return enoughAsked;
    if (this.#reachability.untried(tried.call.serverType, tried.servers) === 0)
      return tried.outOfReach.size > 0 ? { does: 'wait for a server' } : giveUp('there is no other server');
    const bound = Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** (tried.count - 1));
    return { does: 'try again', afterMs: isFree ? 0 : bound * this.#random(), serverId: undefined };
  }
}
