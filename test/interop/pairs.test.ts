import type { Library } from './peer.js';
import { testPair } from './test-pair.js';

/** The first is the specification: what is expected of the others has to hold of it too. */
const PAIRS: readonly (readonly [leading: Library, following: Library])[] = [
  ['stock', 'stock'],
  ['mailstation', 'stock'],
  ['stock', 'mailstation'],
  ['mailstation', 'mailstation'],
];

for (const [leading, following] of PAIRS) testPair(leading, following);
