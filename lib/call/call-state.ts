import type { StageTime } from '../call-timing.js';
import type { Delivery } from '../errors.js';
import type { Transitions } from '../lifecycle.js';

/**
 * The way of an outgoing call. Each state may be skipped, and each but the last may end in `settled`.
 *
 *   routing ──> filtering ──> queued ──> sent ──> answered ──> settled
 *                               ^          │
 *                               └──────────┘ a relay gives the call back, unsent
 *
 * | state     | the call                                                                                |
 * | --------- | --------------------------------------------------------------------------------------- |
 * | routing   | waits for its router, or was made in this tick and has not left yet                     |
 * | filtering | is with the before filters                                                              |
 * | queued    | waits for a connection, for room on one, or for its next attempt: see {@link WaitsFor}   |
 * | sent      | was given to a connection and waits for its answer                                      |
 * | answered  | has its answer, which is with the after filters                                         |
 * | settled   | has told its caller how it ended                                                        |
 *
 * A filter that chooses another server changes no state: the call goes from `filtering` to that server's queue. A call that
 * is made in several attempts is `queued` between them, and each attempt is a call with states of its own.
 */
export const CALL_TRANSITIONS = {
  routing: ['filtering', 'queued', 'sent', 'answered', 'settled'],
  filtering: ['queued', 'sent', 'settled'],
  queued: ['queued', 'sent', 'answered', 'settled'],
  sent: ['queued', 'answered', 'settled'],
  answered: ['settled'],
  settled: [],
} as const satisfies Transitions<'routing' | 'filtering' | 'queued' | 'sent' | 'answered' | 'settled'>;
export type CallState = keyof typeof CALL_TRANSITIONS;

/** Reason why a call is `queued`: no connection yet, no room on the one there is, or a pause before the next attempt. */
export type WaitsFor = 'connection' | 'room' | 'attempt';

/** State of a call as messages name it. */
export type Stage =
  | 'routing'
  | 'before filters'
  | 'waiting for a connection'
  | 'waiting for room on its connection'
  | 'waiting to be tried again'
  | 'waiting for the answer'
  | 'after filters';

const STAGES: Readonly<Record<Exclude<CallState, 'queued' | 'settled'>, Stage>> = {
  routing: 'routing',
  filtering: 'before filters',
  sent: 'waiting for the answer',
  answered: 'after filters',
};
const WAITING_STAGES: Readonly<Record<WaitsFor, Stage>> = {
  connection: 'waiting for a connection',
  room: 'waiting for room on its connection',
  attempt: 'waiting to be tried again',
};
const TIMES: Readonly<Record<Stage, StageTime>> = {
  routing: 'routingMs',
  'before filters': 'beforeFiltersMs',
  'waiting for a connection': 'connectingMs',
  'waiting for room on its connection': 'pendingMs',
  'waiting for the answer': 'unansweredMs',
  'waiting to be tried again': 'earlierMs',
  'after filters': 'afterFiltersMs',
};

/** `waitsFor` counts in the state `queued` alone. */
export function stageOf(state: Exclude<CallState, 'settled'>, waitsFor: WaitsFor): Stage {
  return state === 'queued' ? WAITING_STAGES[waitsFor] : STAGES[state];
}

/** Field of {@link CallTiming} in which a stage's time is counted. */
export function stageTime(stage: Stage): StageTime {
  return TIMES[stage];
}

/** Words for a call of which nothing more was heard: `no answer`, `still in routing`. */
export function stillIn(stage: Stage): string {
  if (stage === 'waiting for the answer') return 'no answer';
  return stage.startsWith('waiting') ? `still ${stage}` : `still in ${stage}`;
}

/** Words for an event that met the call in a stage: `while waiting for the answer`, `in routing`. */
export function whileIn(stage: Stage): string {
  return stage.startsWith('waiting') ? `while ${stage}` : `in ${stage}`;
}

/** How far a call got that ends in this state. */
export function deliveryIn(state: CallState): Delivery {
  if (state === 'sent') return 'unknown';
  return state === 'answered' ? 'answered' : 'not-sent';
}
