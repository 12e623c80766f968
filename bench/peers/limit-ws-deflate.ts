import { webSocketCarrier } from '../limit/carrier.js';
import { createLimitPeer } from '../limit/limit-peer.js';

/** The loop of `limit-json` over a WebSocket that compresses messages of 1,024 bytes and more (permessage-deflate). */
export const peer = createLimitPeer({ earlyFlush: false }, webSocketCarrier(true));
