import { Failover } from '../../failure/failover.js';
import type { AttemptParts, FailurePolicy } from '../../failure/policy.js';

/** A page tries no call again in the background, and has nothing to report. */
export type PolicyEvents = undefined;

/** The policy of the one mode of a page that may try a call again, `failover`. */
export class Policies {
  readonly #failover: Failover;

  constructor(attempts: AttemptParts, _admission: unknown, _options: unknown, _events: PolicyEvents) {
    this.#failover = new Failover(attempts.reachability);
  }

  of(_mode: 'failover'): FailurePolicy {
    return this.#failover;
  }

  spendsBudget(_mode: string): boolean {
    return true;
  }

  stop(): void {}
}
