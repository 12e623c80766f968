import type { Scenario } from './scenario.js';

/** The peer that every ratio is to. */
export const BASELINE = 'limit-json';

export interface Goal {
  /** A ratio under it is a fault. */
  readonly floor: number;
  /** What we want. */
  readonly goal: number;
}

/** What mailstation's ratio to the baseline should be. Scenarios without a row have no goal. */
const GOALS: readonly (Scenario & Goal)[] = [
  { payload: 'small', inFlight: 1, floor: 0.9, goal: 1 },
  { payload: 'small', inFlight: 64, floor: 1, goal: 1.35 },
  { payload: 'small', inFlight: 512, floor: 0.8, goal: 0.95 },
  { payload: '10k', inFlight: 64, floor: 1.5, goal: 2.5 },
];

export function goalOf(peer: string, { payload, inFlight }: Scenario): Goal | undefined {
  if (peer !== 'mailstation') return undefined;
  return GOALS.find((goal) => goal.payload === payload && goal.inFlight === inFlight);
}
