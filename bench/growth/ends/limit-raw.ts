import { peer } from '../../peers/limit-raw.js';
import { bareEnds } from '../bare-ends.js';

/** Frames of bytes, without a codec. */
export const ends = bareEnds(peer);
