import { moleculerPeer } from '../moleculer-peer.js';

/** moleculer 0.14, the last line that runs on Node 20. */
export const peer = moleculerPeer('moleculer');
