import type { Group } from './group.js';
import type { Peer } from './peer.js';
import type { Upstream } from './upstream.js';

/** One process that leads, one that follows, and the upstream that the first is connected to. */
export interface Pair {
  readonly leader: Peer;
  readonly follower: Peer;
  readonly upstream: Upstream;
  /** They are its first two members. */
  readonly group: Group;
}

/** Each test of a suite is given the same two processes. */
export type PairTest = (name: string, body: (pair: Pair) => Promise<void>) => void;
