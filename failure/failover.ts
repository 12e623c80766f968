import { type CallWays, type Decision, enough, type FailurePolicy, giveUp, type Tried } from './policy.js';

/** Before the first retry of what has reached a server; doubled for each further one. */
const FIRST_WAIT_MS = 20;
const MAX_WAIT_MS = 1_000;

/**
 * Another server of the type, never one that was tried. What never left this process goes there at once; what did waits
 * a little, any time up to a bound that grows (full jitter), so that callers do not all move on together.
 *
 * Where those that are left cannot be reached, the call waits for whichever can be first, as long as it has time; a type's
 * only server is waited for as with failfast.
 */
export class Failover implements FailurePolicy {
  readonly #ways: CallWays;
  readonly #random: () => number;

  constructor(ways: CallWays, random: () => number = Math.random) {
    this.#ways = ways;
    this.#random = random;
  }

  waitsForReady({ call, servers }: Tried): boolean {
    return servers.size + this.#ways.untried(call.serverType, servers) <= 1;
  }

  decide(tried: Tried, _error: unknown, isFree: boolean): Decision {
    // Those that could not be reached were not asked, and cost no retry.
    const enoughAsked = enough(tried.count - tried.outOfReach.size, tried.options);
    if (enoughAsked !== undefined) return enoughAsked;
    if (this.#ways.untried(tried.call.serverType, tried.servers) === 0)
      return tried.outOfReach.size > 0 ? { does: 'wait for a server' } : giveUp('there is no other server');
    const bound = Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** (tried.count - 1));
    return { does: 'try again', afterMs: isFree ? 0 : bound * this.#random(), serverId: undefined };
  }
}
