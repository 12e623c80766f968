import { DEFAULT_FAIL_OPTIONS, type FailMode, resolveFailOptions } from '../lib/call/fail-mode.js';
import type { OutgoingCall } from '../lib/call/outgoing-call.js';
import { getOrMake } from '../lib/maps.js';
import { Failback } from './failback.js';
import { type FailbackHandler, FailbackQueue } from './failback-queue.js';
import { Failover } from './failover.js';
import { Failsafe } from './failsafe.js';
import type { ResolvedFailureOptions } from './options.js';
import { type CallWays, type FailurePolicy, giveUp } from './policy.js';
import { RetriedCall } from './retried-call.js';
import { RetryBudget } from './retry-budget.js';

/** One attempt in the background; what comes next is the queue's affair. */
const ONCE: FailurePolicy = { waitsForReady: () => false, decide: () => giveUp('') };

/** Starts each call in its mode. One in `failfast` goes its way as if there were no modes. */
export class FailureModes {
  readonly #options: ResolvedFailureOptions;
  readonly #ways: CallWays;
  readonly #queue: FailbackQueue;
  readonly #policies: Readonly<Record<Exclude<FailMode, 'failfast'>, FailurePolicy>>;
  /** By server type: one type's bad day is not another's. */
  readonly #budgets = new Map<string, RetryBudget>();

  constructor(
    options: ResolvedFailureOptions,
    ways: CallWays,
    events: Pick<FailbackHandler, 'onDelivered' | 'onGivenUp'>,
  ) {
    this.#options = options;
    this.#ways = ways;
    this.#queue = new FailbackQueue(options.failbackSize, {
      deliver: (call, serverId) => this.#deliver(call, serverId),
      onDelivered: (receipt, results) => events.onDelivered(receipt, results),
      onGivenUp: (receipt, error) => events.onGivenUp(receipt, error),
    });
    this.#policies = { failover: new Failover(ways), failsafe: new Failsafe(), failback: new Failback(this.#queue) };
  }

  /** `named`: the server that the caller wants; undefined: the router is to choose one. */
  start(call: OutgoingCall, named: string | undefined): void {
    const mode = call.options.failMode ?? this.#options.calls.failMode;
    // There is no other server than the one that was asked for.
    if (mode === 'failfast' || (mode === 'failover' && named !== undefined)) {
      if (named === undefined) this.#ways.route(call);
      else this.#ways.dispatch(call, named);
      return;
    }
    const options = resolveFailOptions(call.options, this.#options.calls);
    const budget = mode === 'failback' ? undefined : this.#budget(call.serverType);
    new RetriedCall(call, named, options, this.#policies[mode], this.#ways, budget).start();
  }

  /** Calls that wait to be tried again in the background are given up. */
  stop(): void {
    this.#queue.stop();
  }

  #deliver(call: OutgoingCall, named: string | undefined): void {
    if (!this.#ways.admit(call)) return;
    new RetriedCall(call, named, DEFAULT_FAIL_OPTIONS, ONCE, this.#ways, undefined).start();
  }

  #budget(serverType: string): RetryBudget {
    return getOrMake(this.#budgets, serverType, () => new RetryBudget(this.#options.retryBudget));
  }
}
