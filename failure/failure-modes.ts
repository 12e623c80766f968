import type { CallAdmission, CallStage } from '../lib/call/call-stage.js';
import { joinCancellation } from '../lib/call/cancel-with.js';
import { resolveFailOptions } from '../lib/call/fail-mode.js';
import type { HeldCalls } from '../lib/call/held-calls.js';
import type { OutgoingCall } from '../lib/call/outgoing-call.js';
import { RpcCode } from '../lib/errors.js';
import { getOrMake } from '../lib/maps.js';
import type { RosterView } from '../lib/roster-view.js';
import type { ResolvedFailureOptions } from './options.js';
import { Policies, type PolicyEvents } from './policies.js';
import type { AttemptParts } from './policy.js';
import { Reachability } from './reachability.js';
import { RetriedCall } from './retried-call.js';
import { RetryBudget } from './retry-budget.js';

export interface FailureModesParts {
  /** The stage behind this one: the router. */
  readonly next: CallStage;
  readonly roster: RosterView;
  readonly admission: CallAdmission;
  /** Keeps the deadlines of calls between two attempts. */
  readonly held: HeldCalls;
}

/** Admits each call and starts it in its mode. A call in `failfast` goes on as if there were no modes. */
export class FailureModes implements CallStage, AttemptParts {
  readonly next: CallStage;
  readonly held: HeldCalls;
  readonly reachability: Reachability;
  readonly #admission: CallAdmission;
  readonly #options: ResolvedFailureOptions;
  readonly #policies: Policies;
  /** By server type: a bad day of one type does not spend the retries of the others. */
  readonly #budgets = new Map<string, RetryBudget>();
  #isStopped = false;

  constructor(
    { next, roster, admission, held }: FailureModesParts,
    options: ResolvedFailureOptions,
    events: PolicyEvents,
  ) {
    this.next = next;
    this.held = held;
    this.reachability = new Reachability(roster);
    this.#admission = admission;
    this.#options = options;
    this.#policies = new Policies(this, admission, options, events);
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  send(call: OutgoingCall): void {
    if (!this.#admission.admit(call) || !joinCancellation(call)) return;
    const mode = call.options.failMode ?? this.#options.calls.failMode;
    // A caller that named its server wants no other.
    if (mode === 'failfast' || (mode === 'failover' && call.serverId !== undefined)) return this.next.send(call);
    if (call.hasStreams && mode !== 'failover') return refuseMode(call, mode);
    const options = resolveFailOptions(call.options, this.#options.calls);
    const budget = this.#policies.spendsBudget(mode) ? this.#budget(call.serverType) : undefined;
    new RetriedCall(call, options, this.#policies.of(mode), this, budget).start();
  }

  /** No attempt is made from now on. Calls that wait to be tried again in the background are given up. */
  stop(): void {
    this.#isStopped = true;
    this.#policies.stop();
  }

  #budget(serverType: string): RetryBudget {
    return getOrMake(this.#budgets, serverType, () => new RetryBudget(this.#options.retryBudget));
  }
}

/** A stream cannot be repeated from its middle, nor in the background. */
function refuseMode(call: OutgoingCall, mode: string): void {
  const why = `a stream cannot be called in the mode '${mode}'; call it with({ failMode: 'failfast' }) or 'failover'`;
  call.fail(call.error(RpcCode.InvalidArgument, why, 'not-sent'));
}
