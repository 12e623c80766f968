import { RpcCode, type RpcError } from '../lib/errors.js';
import { type Decision, enough, type FailurePolicy, giveUp, type Tried } from './policy.js';

/** Share by which waits vary, so that many callers do not come back in step. */
const JITTER = 0.2;
const GONE: readonly RpcCode[] = [RpcCode.NoServer, RpcCode.ServerRemoved];

/**
 * Tries the same server again, `retryConnectTime` x 1, x 2, x 3 ... later. The attempt itself waits for a server that
 * cannot be reached, which costs no retry.
 */
export class Failsafe implements FailurePolicy {
  readonly #random: () => number;

  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  waitsForReady(): boolean {
    return true;
  }

  decide(tried: Tried, error: RpcError): Decision {
    const enoughTried = enough(tried.count, tried.options);
    if (enoughTried !== undefined) return enoughTried;
    const serverId = tried.named ?? error.serverId;
    if (serverId === undefined || GONE.includes(error.code)) return giveUp('there is no such server');
    const wait = tried.options.retryConnectTime * tried.count;
    return { does: 'try again', afterMs: wait * (1 - JITTER + 2 * JITTER * this.#random()), serverId };
  }
}
