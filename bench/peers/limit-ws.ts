import { webSocketCarrier } from '../limit/carrier.js';
import { createLimitPeer } from '../limit/limit-peer.js';

/** The loop of `limit-json` over a WebSocket. */
export const peer = createLimitPeer({ earlyFlush: false }, webSocketCarrier(false));
