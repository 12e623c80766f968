import { moleculerPeer } from '../moleculer-peer.js';

/** moleculer 0.15, which needs Node 22, set up as 0.14. */
export const peer = moleculerPeer('moleculer-15');
