import type { Transitions } from '../lib/lifecycle.js';

/**
 *   idle ── start() ──> starting ──> leader ── stop() ──────────────────> draining ──> closed
 *                         │   │      ^ │  └─ stop(), with a registry ─> leaving ─^        ^
 *                         │   │ held │ │ with an election: another process may lead      │
 *                         │   │      │ └──> deposed ── stop() ────────────────────────────┤
 *                         │   │      │         │ calls answered                          │
 *                         │   v      │ its     v                                         │
 *                         │   standby, when its Leader is gone ── stop() ────────────────┤
 *                         └ failed ──────────────────────────────────────────────────────┘
 */
export const SERVER_TRANSITIONS = {
  /** Made, and not started. */
  idle: ['starting', 'closed'],
  /** Loads the services and takes the port. */
  starting: ['leader', 'standby', 'closed'],
  /** Waits for the end of another process with the same id, which holds the port or leads the election. */
  standby: ['leader', 'closed'],
  /** Listens, and serves calls. */
  leader: ['deposed', 'leaving', 'draining', 'closed'],
  /** Leads the election no more: refuses new calls, answers the running ones, and then campaigns again. */
  deposed: ['standby', 'closed'],
  /** Has announced the end in the registry, and serves calls until callers have heard of it: for a second at most. */
  leaving: ['draining', 'closed'],
  /** Takes no new calls, and answers those that it has. */
  draining: ['closed'],
  /** Stopped, or never started. A closed server is not started again. */
  closed: [],
} as const satisfies Transitions<
  'idle' | 'starting' | 'standby' | 'leader' | 'deposed' | 'leaving' | 'draining' | 'closed'
>;

/** State of a server, as `server.state` has it. */
export type ServerState = keyof typeof SERVER_TRANSITIONS;
