import type { Transitions } from '../lifecycle.js';

/**
 *   unregistered ── accept() ──> registered ── drain() ──> draining ──> closed
 *
 *   unregistered ── drain() ──> draining;   destroy(), or the connection ends: any ──> closed
 */
export const SESSION_TRANSITIONS = {
  unregistered: ['registered', 'draining', 'closed'],
  registered: ['draining', 'closed'],
  draining: ['closed'],
  closed: [],
} as const satisfies Transitions<'unregistered' | 'registered' | 'draining' | 'closed'>;
export type SessionState = keyof typeof SESSION_TRANSITIONS;
