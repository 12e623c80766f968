import type { CallTiming, ServerTiming, StageTime } from '../call-timing.js';
import type { Delivery } from '../errors.js';
import { eventLoop } from '../event-loop.js';

/** Where a call is on its way; the word goes into the message of a timeout. */
export type Stage =
  | 'routing'
  | 'before filters'
  | 'waiting for a connection'
  | 'waiting for room on its connection'
  | 'waiting for the answer'
  | 'waiting to be tried again'
  | 'after filters';

const TIME_OF: Readonly<Record<Stage, StageTime>> = {
  routing: 'routingMs',
  'before filters': 'beforeFiltersMs',
  'waiting for a connection': 'connectingMs',
  'waiting for room on its connection': 'pendingMs',
  'waiting for the answer': 'unansweredMs',
  'waiting to be tried again': 'earlierMs',
  'after filters': 'afterFiltersMs',
};

export function stageTime(stage: Stage): StageTime {
  return TIME_OF[stage];
}

/** What a call had come to, of which no more was heard: `no answer`, `still in routing`. */
export function stillIn(stage: Stage): string {
  if (stage === 'waiting for the answer') return 'no answer';
  return stage.startsWith('waiting') ? `still ${stage}` : `still in ${stage}`;
}

/** When something happened to it: `while waiting for the answer`, `in routing`. */
export function whileIn(stage: Stage): string {
  return stage.startsWith('waiting') ? `while ${stage}` : `in ${stage}`;
}

/** How far a call has got that is ended now. */
export function deliveryIn(stage: Stage): Delivery {
  if (stage === 'waiting for the answer') return 'unknown';
  return stage === 'after filters' ? 'answered' : 'not-sent';
}

/** How long a call was in each of its stages. Only calls that have to wait for something have one. */
export class StageTimes {
  readonly #spent = new Map<StageTime, number>();
  #since: number;

  /** `since`: when the first stage began; ms on the clock of `performance.now()`. */
  constructor(since: number) {
    this.#since = since;
  }

  /** When the stage began in which the call is. */
  get since(): number {
    return this.#since;
  }

  /** The stage is over, and the next one begins. */
  leave(stage: Stage, now: number): void {
    const time = TIME_OF[stage];
    this.#spent.set(time, (this.#spent.get(time) ?? 0) + now - this.#since);
    this.#since = now;
  }

  /** In whole ms that add up to the whole: each is rounded together with what came before it. */
  rounded(stage: Stage, now: number): Partial<Record<StageTime, number>> {
    const spent = new Map(this.#spent);
    spent.set(TIME_OF[stage], (spent.get(TIME_OF[stage]) ?? 0) + now - this.#since);
    const rounded: Partial<Record<StageTime, number>> = {};
    let exact = 0;
    let total = 0;
    for (const [time, ms] of spent) {
      exact += ms;
      rounded[time] = Math.round(exact) - total;
      total = Math.round(exact);
    }
    return rounded;
  }
}

/** Where the time of a call went that began at `startedAt` and is in this stage now. */
export function timingOf(
  times: StageTimes,
  stage: Stage,
  startedAt: number,
  connectAttempts: number,
  server: ServerTiming | undefined,
): CallTiming {
  const now = performance.now();
  return {
    totalMs: Math.round(now - startedAt),
    routingMs: 0,
    beforeFiltersMs: 0,
    connectingMs: 0,
    pendingMs: 0,
    unansweredMs: 0,
    afterFiltersMs: 0,
    earlierMs: 0,
    ...times.rounded(stage, now),
    stallMs: eventLoop.longestStall(startedAt),
    connectAttempts,
    server,
  };
}
