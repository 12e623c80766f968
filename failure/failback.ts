import type { RpcError } from '../lib/errors.js';
import type { FailbackQueue } from './failback-queue.js';
import { type Decision, type FailurePolicy, giveUp, type Tried } from './policy.js';

/** Gives the caller a receipt, and tries the call again in the background. Source: Dubbo's failback. */
export class Failback implements FailurePolicy {
  readonly #queue: FailbackQueue;

  constructor(queue: FailbackQueue) {
    this.#queue = queue;
  }

  /** The caller does not wait for a server that is out of reach. */
  waitsForReady(): boolean {
    return false;
  }

  decide(tried: Tried, error: RpcError): Decision {
    if (tried.options.retryTimes === 0) return giveUp('retryTimes is 0');
    const receipt = this.#queue.accept(tried, error);
    if (receipt === undefined)
      return giveUp(`failbackSize is ${this.#queue.limit}, and no more calls may wait to be tried again`);
    return { does: 'accept', receipt };
  }
}
