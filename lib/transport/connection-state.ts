import type { RpcError } from '../errors.js';
import type { Transitions } from '../lifecycle.js';

/**
 *   open <─────> blocked     The stream accepts no more. Frames stay in the writer until the stream drains.
 *    │              │
 *    │ end()        │ end()
 *    v              v
 *   ending <──> flushing     No frame is accepted any more. While flushing, the stream still holds bytes.
 *
 *   destroy(), or the end of the stream: any ──> closed
 */
export const CONNECTION_TRANSITIONS = {
  open: ['blocked', 'ending', 'closed'],
  blocked: ['open', 'flushing', 'closed'],
  ending: ['flushing', 'closed'],
  flushing: ['ending', 'closed'],
  closed: [],
} as const satisfies Transitions<'open' | 'blocked' | 'ending' | 'flushing' | 'closed'>;
export type ConnectionState = keyof typeof CONNECTION_TRANSITIONS;

/** Data of an end in order, from `end()` on. */
export interface Ending {
  readonly reason: RpcError;
  readonly timer: NodeJS.Timeout;
}
