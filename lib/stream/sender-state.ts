import type { Transitions } from '../lifecycle.js';

/**
 * The producer's end of a stream.
 *
 *   idle ──> asked ──> ready ──> idle
 *    │         │         │
 *    └─────────┴────┬────┘
 *                   v
 *                closing ──> over
 *
 * | state   | the stream                                                                    |
 * | ------- | ----------------------------------------------------------------------------- |
 * | idle    | has no credit for a further item, and asks its source for none                 |
 * | asked   | waits for the next item of its source                                          |
 * | ready   | has an item, and waits for room on the connection and for its turn             |
 * | closing | was stopped; the source has been asked to end, and has not ended yet           |
 * | over    | has sent its last item, has failed, or was stopped and its source has ended    |
 */
export const SENDER_TRANSITIONS = {
  idle: ['asked', 'closing'],
  asked: ['ready', 'closing', 'over'],
  ready: ['idle', 'closing', 'over'],
  closing: ['over'],
  over: [],
} as const satisfies Transitions<'idle' | 'asked' | 'ready' | 'closing' | 'over'>;
export type SenderState = keyof typeof SENDER_TRANSITIONS;
