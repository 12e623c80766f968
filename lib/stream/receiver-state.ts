import type { Transitions } from '../lifecycle.js';

/**
 * The consumer's end of a stream.
 *
 *   open ──> ended ──> closed
 *     └──────────────────^
 *
 * | state  | the stream                                                                     |
 * | ------ | ------------------------------------------------------------------------------ |
 * | open   | may still get items                                                             |
 * | ended  | has ended, and has items that the consumer has not taken                        |
 * | closed | gives no further item: the consumer has the end, or wants no more               |
 */
export const RECEIVER_TRANSITIONS = {
  open: ['ended', 'closed'],
  ended: ['closed'],
  closed: [],
} as const satisfies Transitions<'open' | 'ended' | 'closed'>;
export type ReceiverState = keyof typeof RECEIVER_TRANSITIONS;
