import type { Transitions } from '../lifecycle.js';

/**
 *   open <─────> blocked     The stream wants no more: frames stay in the writer until it drains.
 *    │              │
 *    │ end()        │ end()
 *    v              v
 *   ending <──> flushing     Nothing is sent any more. The stream has not yet passed on what it was given.
 *
 *   destroy(), the stream's end: any ──> closed
 */
export const CONNECTION_TRANSITIONS = {
  open: ['blocked', 'ending', 'closed'],
  blocked: ['open', 'flushing', 'closed'],
  ending: ['flushing', 'closed'],
  flushing: ['ending', 'closed'],
  closed: [],
} as const satisfies Transitions<'open' | 'blocked' | 'ending' | 'flushing' | 'closed'>;
export type ConnectionState = keyof typeof CONNECTION_TRANSITIONS;
