import { createLimitPeer } from '../../limit/limit-peer.js';
import { bareEnds } from '../bare-ends.js';

/** The hand-written loop with JSON. */
export const ends = bareEnds(createLimitPeer({ earlyFlush: false }));
