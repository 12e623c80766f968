import type { PeerClient, PeerServer } from '../peer.js';

/** Both ends of what grows. A module in `ends/` exports them as `ends`; the file's name is the name of the contestant. */
export interface GrowthEnds {
  /** Starts a server. `number`: its place among the servers, from 0. */
  serve(number: number, limits: Limits): Promise<PeerServer>;
  /** Connects one client to all servers, which get calls in turn. Resolves when each connection has been used once. */
  connect(ports: readonly number[], limits: Limits): Promise<GrowthClient>;
}

/** `default`: the limits that users have who give none. `high`: room for calls that wait in any number. */
export type Limits = 'default' | 'high';

export interface GrowthClient extends PeerClient {
  /** A call that waits until {@link release}, and is answered with the number. Only where calls can wait. */
  hold?(number: number): Promise<unknown>;
  /** Number of calls that wait at the first server. */
  held?(): Promise<number>;
  /** Has the first server answer the calls that wait. */
  release?(): Promise<void>;
}
