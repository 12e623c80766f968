import { webSocketCarrier } from '../limit/carrier.js';
import { createLimitPeer } from '../limit/limit-peer.js';

/** The loop of `limit-json` over a WebSocket that compresses messages (permessage-deflate), with the defaults of ws. */
export const peer = createLimitPeer({ earlyFlush: false }, webSocketCarrier(true));
