import type { CallAdmission } from '../lib/call/call-stage.js';
import { DEFAULT_FAIL_OPTIONS, type FailMode } from '../lib/call/fail-mode.js';
import { Failback } from './failback.js';
import { type FailbackHandler, FailbackQueue } from './failback-queue.js';
import { Failover } from './failover.js';
import { Failsafe } from './failsafe.js';
import type { ResolvedFailureOptions } from './options.js';
import { type AttemptParts, type FailurePolicy, giveUp } from './policy.js';
import { RetriedCall } from './retried-call.js';

/** Policy of one attempt in the background: the queue decides what comes next. */
const ONCE: FailurePolicy = { waitsForReady: () => false, decide: () => giveUp('') };

/** Reports of the calls that are tried again in the background. */
export type PolicyEvents = Pick<FailbackHandler, 'onDelivered' | 'onGivenUp'>;

/** The policy of each mode that may try a call again, and the queue of those that are tried again in the background. */
export class Policies {
  readonly #queue: FailbackQueue;
  readonly #byMode: Readonly<Record<Exclude<FailMode, 'failfast'>, FailurePolicy>>;

  constructor(
    attempts: AttemptParts,
    admission: CallAdmission,
    { failbackSize }: ResolvedFailureOptions,
    events: PolicyEvents,
  ) {
    this.#queue = new FailbackQueue(failbackSize, {
      deliver: (call) => {
        if (admission.admit(call)) new RetriedCall(call, DEFAULT_FAIL_OPTIONS, ONCE, attempts, undefined).start();
      },
      onDelivered: (receipt, results) => events.onDelivered(receipt, results),
      onGivenUp: (receipt, error) => events.onGivenUp(receipt, error),
    });
    const failover = new Failover(attempts.reachability);
    this.#byMode = { failover, failsafe: new Failsafe(), failback: new Failback(this.#queue) };
  }

  of(mode: Exclude<FailMode, 'failfast'>): FailurePolicy {
    return this.#byMode[mode];
  }

  /** Whether the retries of a mode spend the budget of the server type. The queue of `failback` has a bound of its own. */
  spendsBudget(mode: FailMode): boolean {
    return mode !== 'failback';
  }

  /** Calls that wait to be tried again in the background are given up. */
  stop(): void {
    this.#queue.stop();
  }
}
