import type { Transitions } from '../lifecycle.js';

/**
 *   waiting ── list ──> current ── the source fails ──> stale
 *                          ^                              │
 *                          └──────────── list ────────────┘
 *   close(): any ──> closed
 */
export const ROSTER_TRANSITIONS = {
  /** A source has given no list yet. */
  waiting: ['current', 'closed'],
  /** The list is that of the source. */
  current: ['stale', 'closed'],
  /** The source cannot be read. The last list stays, and calls go on. */
  stale: ['current', 'closed'],
  /** The client has stopped. */
  closed: [],
} as const satisfies Transitions<'waiting' | 'current' | 'stale' | 'closed'>;

/** State of a list of servers from the option `registry`, as `client.roster` has it. */
export type RosterState = keyof typeof ROSTER_TRANSITIONS;
