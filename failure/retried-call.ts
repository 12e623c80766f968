import { contextOfNow } from '../lib/async-context.js';
import type { FailOptions } from '../lib/call/fail-mode.js';
import type { OutgoingCall } from '../lib/call/outgoing-call.js';
import { type Delivery, type FailedAttempt, RpcCode, RpcError } from '../lib/errors.js';
import type { Filled } from '../lib/options.js';
import { clearTimeout, performance, setTimeout } from '../lib/timers.js';
import { outOfReachNow } from '../mailbox/index.js';
import { Attempt, StreamAttempt } from './attempt.js';
import type { AttemptParts, FailurePolicy, Retry, Tried } from './policy.js';
import { isFinal, mayRunTwice, neverLeft } from './repeatable.js';
import type { RetryBudget } from './retry-budget.js';

/** Time before its deadline at which a call that waits for a server is given up, with what is known of the servers. ms */
const LAST_WORD_MS = 10;

/** Call in a mode that may try it again: one attempt after the other, until one is answered or the policy gives up. */
export class RetriedCall implements Tried {
  readonly call: OutgoingCall;
  readonly named: string | undefined;
  readonly options: Filled<FailOptions>;
  readonly servers = new Set<string>();
  readonly outOfReach = new Set<string>();
  readonly #policy: FailurePolicy;
  readonly #parts: AttemptParts;
  readonly #budget: RetryBudget | undefined;
  /** Filters and routers of a later attempt run in the caller's context, as those of the first attempt do. */
  readonly #resume = contextOfNow();
  #failed: FailedAttempt[] = [];
  /** Why no further attempt is made, for the caller's error. */
  #whyNoMore: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopWaiting = (): void => {};

  /** Without a `budget`, retries are bounded otherwise. */
  constructor(
    call: OutgoingCall,
    options: Filled<FailOptions>,
    policy: FailurePolicy,
    parts: AttemptParts,
    budget: RetryBudget | undefined,
  ) {
    this.call = call;
    this.named = call.serverId;
    this.options = options;
    this.#policy = policy;
    this.#parts = parts;
    this.#budget = budget;
  }

  get count(): number {
    return this.#failed.length;
  }

  start(): void {
    // The error names all attempts, whatever ends the call.
    this.call.intercept((settle) => (error, results) => {
      clearTimeout(this.#timer);
      this.#stopWaiting();
      settle(error === undefined ? undefined : this.#withAttempts(error), results);
    });
    this.#budget?.earn(this.call.startedAt);
    this.#try(this.named);
  }

  #try(serverId: string | undefined): void {
    const { call, servers: excludes } = this;
    const waitForReady = this.#policy.waitsForReady(this);
    const isFirst = this.#failed.length === 0;
    const facts = { serverId, excludes, waitForReady, isFirst };
    const Kind = call.hasStreams ? StreamAttempt : Attempt;
    const attempt: Attempt = new Kind(call, facts, (error, results) => this.#onSettled(attempt, error, results));
    call.delegateCancel(attempt);
    if (isFirst) this.#parts.next.send(attempt);
    else this.#resume(() => this.#parts.next.send(attempt));
  }

  #onSettled(attempt: Attempt, error: RpcError | undefined, results: readonly unknown[]): void {
    const { call } = this;
    if (call.isSettled) return; // ended meanwhile
    call.serverId = attempt.serverId;
    if (error === undefined) {
      this.#takeOver(attempt);
      call.succeed(results);
    } else if (this.#failed.length === 0 && isFinal(error)) this.#fail(attempt, error);
    else {
      this.#failed.push({ serverId: attempt.serverId, code: error.code, delivery: error.delivery });
      this.#noteServer(attempt, error);
      this.#goOn(attempt, error);
    }
  }

  #goOn(attempt: Attempt, error: RpcError): void {
    const isFree = neverLeft(error, attempt);
    this.#whyNoMore = isFinal(error) ? undefined : this.#whyNot(error);
    if (isFinal(error) || this.#whyNoMore !== undefined) return this.#fail(attempt, error);
    const decision = this.#policy.decide(this, error, isFree);
    if (decision.does === 'accept') {
      this.call.succeed([decision.receipt]);
      return;
    }
    if (decision.does === 'wait for a server') return this.#waitForServer(attempt, error);
    const afterMs = decision.does === 'give up' ? 0 : waitFor(decision, attempt, error);
    this.#whyNoMore = decision.does === 'give up' ? decision.why : this.#whyNotNow(afterMs, isFree);
    if (decision.does === 'give up' || this.#whyNoMore !== undefined) this.#fail(attempt, error);
    else if (afterMs === 0) this.#try(decision.serverId);
    else this.#wait(afterMs, decision.serverId);
  }

  #noteServer({ serverId, lastState }: Attempt, { code, delivery }: RpcError): void {
    if (serverId === undefined) return;
    this.servers.add(serverId);
    // A Leader whose term is over refuses the calls that it gets. Where callers know that, no call is sent to it.
    const isOutOfReach = code === RpcCode.Connect || (code === RpcCode.StaleLeader && lastState !== 'sent');
    if (isOutOfReach && delivery === 'not-sent') this.outOfReach.add(serverId);
  }

  /** Waits for a server that was out of reach. Such a server has seen nothing of the call, so it may be tried anew. */
  #waitForServer(attempt: Attempt, error: RpcError): void {
    const { call } = this;
    const gaveUp = (): void => {
      const { timeout } = call;
      this.#whyNoMore = `none of them could be reached in ${timeout} ms`;
      this.#fail(attempt, outOfReachNow(call, error, this.servers, this.#parts.reachability.lastFailure));
    };
    const left = call.deadline - performance.now() - LAST_WORD_MS;
    if (left <= 0) return gaveUp();
    const tryAgain = (): void => {
      this.#failed = this.#failed.filter(({ serverId = '' }) => !this.outOfReach.has(serverId));
      for (const serverId of this.outOfReach) this.servers.delete(serverId);
      this.outOfReach.clear();
      this.#try(undefined);
    };
    if (this.#parts.reachability.isAnyConnected(this.outOfReach)) return tryAgain();
    if (!this.#hold()) return;
    const go = (next: () => void) => (): void => {
      clearTimeout(this.#timer);
      this.#stopWaiting();
      this.#parts.held.delete(call);
      next();
    };
    this.#stopWaiting = this.#parts.reachability.whenChanged(call.serverType, go(tryAgain));
    this.#timer = setTimeout(go(gaveUp), left);
  }

  /** Why there can be no further attempt, whatever the policy decides; undefined where there can. */
  #whyNot(error: RpcError): string | undefined {
    if (this.#parts.isStopped) return 'the client is being stopped';
    if (this.call.stream?.hasItems === true) return 'items of its stream have arrived';
    if (this.call.upload?.hasBegun === true) return 'an item of its stream was taken from the source';
    return mayRunTwice(error, this.call) ? undefined : 'it may have run, and is not marked as idempotent';
  }

  #whyNotNow(afterMs: number, isFree: boolean): string | undefined {
    const now = performance.now();
    const left = this.call.deadline - now;
    if (left <= afterMs) return `it has ${Math.max(0, Math.round(left))} ms left of its ${this.call.timeout}`;
    return isFree || this.#budget === undefined || this.#budget.spend(now) ? undefined : 'the retry budget is spent';
  }

  #wait(ms: number, serverId: string | undefined): void {
    if (!this.#hold()) return;
    this.#timer = setTimeout(() => {
      this.#parts.held.delete(this.call);
      this.#try(serverId);
    }, Math.ceil(ms));
  }

  /** Queues the call for its next attempt. False: too many calls are held, and this one has failed. */
  #hold(): boolean {
    this.call.move('queued', 'attempt');
    this.call.delegateCancel(undefined);
    return this.#parts.held.add(this.call);
  }

  #fail(attempt: Attempt, error: RpcError): void {
    if (error.delivery === 'answered') this.#takeOver(attempt);
    this.call.fail(error);
  }

  /** After filters are to see what the before filters made of the message that was answered. */
  #takeOver(attempt: Attempt): void {
    this.call.delegateCancel(undefined); // cancelled from now on, the call itself ends
    this.call.msg = attempt.msg;
    this.call.options = attempt.options;
    this.call.answerStage = attempt.answerStage;
  }

  /** The error for the caller: the last attempt's, with all attempts and why there is no further one. */
  #withAttempts(error: RpcError): RpcError {
    const failed = this.#failed;
    if (failed.length === 0) return error;
    const list = failed.map(({ serverId = '(no server)', code, delivery = '?' }) => `${serverId} ${code} ${delivery}`);
    const why = this.#whyNoMore === undefined ? '' : `; not tried again: ${this.#whyNoMore}`;
    const tries = failed.length === 1 ? '' : `; ${failed.length} attempts failed: ${list.join(', ')}`;
    const { code, serverId, method, cause, timing, retryAfter, issues } = error;
    const detail = {
      serverId,
      method,
      cause,
      timing,
      retryAfter,
      issues,
      delivery: this.#delivery(error),
      attempts: Object.freeze([...failed]),
    };
    return new RpcError(code, `${error.message}${why}${tries}`, detail);
  }

  /** How far any attempt got: the last one may not have been sent while an earlier one may have run. */
  #delivery({ delivery }: RpcError): Delivery | undefined {
    if (delivery !== 'not-sent') return delivery;
    return this.#failed.every((attempt) => attempt.delivery === 'not-sent') ? 'not-sent' : 'unknown';
  }
}

/** Wait before the next attempt. A server that refused a call for lack of room says after which time it may be asked again. */
function waitFor({ afterMs, serverId }: Retry, attempt: Attempt, { retryAfter = 0 }: RpcError): number {
  return serverId !== undefined && serverId === attempt.serverId ? Math.max(afterMs, retryAfter) : afterMs;
}
