import { createLimitPeer } from '../limit/limit-peer.js';

/** The yardstick: one contiguous write per tick. */
export const peer = createLimitPeer({ earlyFlush: false });
