import type { Transitions } from '../lifecycle.js';

/**
 *   idle ── campaign() ──> campaigning ── first of all candidates ──> leading
 *                            ^                                          │ the lease or the record is lost
 *                            └──── the work of the Leader has ended ─── deposed
 *   resign(): any ──> resigned
 */
export const ELECTION_TRANSITIONS = {
  /** Made, and not begun. */
  idle: ['campaigning', 'resigned'],
  /** Waits until all candidates before this one are gone. */
  campaigning: ['leading', 'resigned'],
  /** Leads, as long as the lease is alive: the state alone is no proof. */
  leading: ['deposed', 'resigned'],
  /** Leads no more. The work of the Leader ends before the next campaign. */
  deposed: ['campaigning', 'resigned'],
  /** Has left the election for good. */
  resigned: [],
} as const satisfies Transitions<'idle' | 'campaigning' | 'leading' | 'deposed' | 'resigned'>;

/** State of a candidate in an election. */
export type ElectionState = keyof typeof ELECTION_TRANSITIONS;
