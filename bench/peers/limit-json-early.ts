import { createLimitPeer } from '../limit/limit-peer.js';

/** What the yardstick gains by writing before the tick ends. */
export const peer = createLimitPeer({ earlyFlush: true });
