import { unixCarrier } from '../limit/carrier.js';
import { createLimitPeer } from '../limit/limit-peer.js';

/** The yardstick over a unix socket: `?folder=` names the folder for its files. */
const folder = new URL(import.meta.url).searchParams.get('folder') ?? '';
export const peer = createLimitPeer({ earlyFlush: true }, unixCarrier(folder));
