import type { CallerProcess } from '../caller-process.js';
import type { ConnectedPeer } from '../server-info.js';

/** One open connection of a registered caller, as a server reports it. */
export interface ConnectionFacts {
  readonly peer: ConnectedPeer;
  /** Process of the caller, as the caller says itself; undefined for a stock peer, a web page and an older version. */
  readonly process: CallerProcess | undefined;
  /** Time since the connection was made. Unit: ms */
  readonly age: number;
  /** Calls that were taken in since then. */
  readonly calls: number;
  /** Calls among them that are not answered. */
  readonly open: number;
}
