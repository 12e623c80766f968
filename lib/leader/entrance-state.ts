import type { Transitions } from '../lifecycle.js';

/**
 *   waiting ── register_channel ──> challenged ── register_proof ──> authenticating ── accepted ──> admitted
 *
 *   waiting ──> authenticating, where there is no secret;   challenged ──> admitted, where there is no `authenticate`
 *   refused, or the connection ends: any ──> closed
 */
export const ENTRANCE_TRANSITIONS = {
  waiting: ['challenged', 'authenticating', 'closed'],
  challenged: ['authenticating', 'admitted', 'closed'],
  authenticating: ['admitted', 'closed'],
  admitted: ['closed'],
  closed: [],
} as const satisfies Transitions<'waiting' | 'challenged' | 'authenticating' | 'admitted' | 'closed'>;
export type EntranceState = keyof typeof ENTRANCE_TRANSITIONS;
