import type { CallTiming, ServerTiming, StageTime } from '../call-timing.js';
import { eventLoop } from '../event-loop.js';
import { performance } from '../timers.js';
import type { ProgressReport } from '../transport/pending-calls.js';
import { type Stage, stageTime, type WaitsFor } from './call-state.js';

/** Steps of a stage that take their time, such as filters and routers. `current` is the step that runs now. */
export interface WaitsOn {
  readonly current?: { readonly stillPending: string } | undefined;
}

/**
 * Time that a call has spent in each stage, and what its server has said of it. Made when a call first waits, or when its
 * server first reports: a call that leaves in its caller's own tick and is answered in time has no clock.
 */
export class CallClock {
  readonly #spent = new Map<StageTime, number>();
  readonly #startedAt: number;
  #since: number;
  #server: ServerTiming | undefined;
  /** The call has waited for something before it was sent, so less than its whole timeout is left. */
  hasWaited = false;
  /** Reason of the last wait. */
  waitsFor: WaitsFor = 'connection';

  /** Filters, or the router, that the call waits for in the present stage; undefined where the name of the stage says enough. */
  waitsOn: WaitsOn | undefined;

  /** `startedAt`: when the call was made; ms on the clock of `performance.now()`. */
  constructor(startedAt: number) {
    this.#startedAt = startedAt;
    this.#since = startedAt;
  }

  /** Start of the present stage, ms on the same clock. */
  get since(): number {
    return this.#since;
  }

  /** Ends a stage: the next one begins now. */
  leave(stage: Stage, now = performance.now()): void {
    const time = stageTime(stage);
    this.#spent.set(time, (this.#spent.get(time) ?? 0) + now - this.#since);
    this.#since = now;
    this.waitsOn = undefined;
  }

  /** Notes the server's report, in which the time on the wire is what neither end accounts for. */
  reported({ heldMs, isRunning, stallMs, hasReturned }: ProgressReport): void {
    const now = performance.now();
    const saidAfterMs = Math.round(now - this.#startedAt);
    const wireMs = Math.max(0, Math.round(now - this.#since - heldMs));
    const server = { saidAfterMs, heldMs, isRunning, wireMs, stallMs };
    this.#server = hasReturned === true ? { ...server, hasReturned } : server;
  }

  /** Timing of the call, which is in this stage now. */
  timing(stage: Stage, connectAttempts: number): CallTiming {
    const now = performance.now();
    return {
      totalMs: Math.round(now - this.#startedAt),
      routingMs: 0,
      beforeFiltersMs: 0,
      connectingMs: 0,
      pendingMs: 0,
      unansweredMs: 0,
      afterFiltersMs: 0,
      earlierMs: 0,
      ...this.rounded(stage, now),
      stallMs: eventLoop.longestStall(this.#startedAt),
      connectAttempts,
      server: this.#server,
    };
  }

  /** Times of the stages in whole ms that add up to the whole: each is rounded together with those before it. */
  rounded(stage: Stage, now: number): Partial<Record<StageTime, number>> {
    const spent = new Map(this.#spent);
    const time = stageTime(stage);
    spent.set(time, (spent.get(time) ?? 0) + now - this.#since);
    const rounded: Partial<Record<StageTime, number>> = {};
    let exact = 0;
    let total = 0;
    for (const [each, ms] of spent) {
      exact += ms;
      rounded[each] = Math.round(exact) - total;
      total = Math.round(exact);
    }
    return rounded;
  }
}
