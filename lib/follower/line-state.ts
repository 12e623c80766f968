import type { Transitions } from '../lifecycle.js';

/** `registering -> ready -> draining -> closed`, each of them able to go straight to closed. */
export const LINE_TRANSITIONS = {
  registering: ['ready', 'closed'],
  ready: ['draining', 'closed'],
  draining: ['closed'],
  closed: [],
} as const satisfies Transitions<'registering' | 'ready' | 'draining' | 'closed'>;
export type LineState = keyof typeof LINE_TRANSITIONS;
