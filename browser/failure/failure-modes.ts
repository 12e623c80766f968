import { Failover } from '../../failure/failover.js';
import type { ResolvedFailureOptions } from '../../failure/options.js';
import type { AttemptParts } from '../../failure/policy.js';
import { Reachability } from '../../failure/reachability.js';
import { RetriedCall } from '../../failure/retried-call.js';
import { RetryBudget } from '../../failure/retry-budget.js';
import type { CallAdmission, CallStage } from '../../lib/call/call-stage.js';
import { joinCancellation } from '../../lib/call/cancel-with.js';
import type { HeldCalls } from '../../lib/call/held-calls.js';
import type { OutgoingCall } from '../../lib/call/outgoing-call.js';
import { getOrMake } from '../../lib/maps.js';
import type { RosterView } from '../../lib/roster-view.js';
import { resolveFailOptions } from '../lib/call/fail-mode.js';

export interface FailureModesParts {
  /** The stage behind this one: the router. */
  readonly next: CallStage;
  readonly roster: RosterView;
  readonly admission: CallAdmission;
  /** Keeps the deadlines of calls between two attempts. */
  readonly held: HeldCalls;
}

/** First stage of a call: admits it and starts it in its mode. A page has the modes `failfast` and `failover`. */
export class FailureModes implements CallStage, AttemptParts {
  readonly next: CallStage;
  readonly held: HeldCalls;
  readonly reachability: Reachability;
  readonly #admission: CallAdmission;
  readonly #options: ResolvedFailureOptions;
  readonly #failover: Failover;
  readonly #budgets = new Map<string, RetryBudget>();
  #isStopped = false;

  constructor({ next, roster, admission, held }: FailureModesParts, options: ResolvedFailureOptions) {
    this.next = next;
    this.held = held;
    this.reachability = new Reachability(roster);
    this.#admission = admission;
    this.#options = options;
    this.#failover = new Failover(this.reachability);
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  send(call: OutgoingCall): void {
    if (!this.#admission.admit(call) || !joinCancellation(call)) return;
    const options = resolveFailOptions(call.options, this.#options.calls);
    // A caller that named its server wants no other.
    if (options.failMode === 'failfast' || call.serverId !== undefined) return this.next.send(call);
    const budget = getOrMake(this.#budgets, call.serverType, () => new RetryBudget(this.#options.retryBudget));
    new RetriedCall(call, options, this.#failover, this, budget).start();
  }

  /** No attempt is made from now on. */
  stop(): void {
    this.#isStopped = true;
  }
}
