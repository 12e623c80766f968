import { type CallWays, type Decision, enough, type FailurePolicy, giveUp, type Tried } from './policy.js';

/** Before the first retry of what has reached a server; doubled for each further one. */
const FIRST_WAIT_MS = 20;
const MAX_WAIT_MS = 1_000;

/**
 * Another server of the type, never one that was tried. What never left this process goes there at once; what did waits
 * a little, any time up to a bound that grows (full jitter), so that callers do not all move on together.
 *
 * The last server that there is to try is waited for as long as the call has time, as with failfast.
 */
export class Failover implements FailurePolicy {
  readonly #ways: CallWays;
  readonly #random: () => number;

  constructor(ways: CallWays, random: () => number = Math.random) {
    this.#ways = ways;
    this.#random = random;
  }

  isHasty({ call, servers, count, options: { retryTimes } }: Tried): boolean {
    return count < retryTimes && this.#ways.untried(call.serverType, servers) > 1;
  }

  decide(tried: Tried, _error: unknown, isFree: boolean): Decision {
    const enoughTried = enough(tried);
    if (enoughTried !== undefined) return enoughTried;
    if (this.#ways.untried(tried.call.serverType, tried.servers) === 0) return giveUp('there is no other server');
    const bound = Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** (tried.count - 1));
    return { does: 'try again', afterMs: isFree ? 0 : bound * this.#random(), serverId: undefined };
  }
}
