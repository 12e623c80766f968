import type { RpcError } from '../errors.js';
import type { RosterState } from './roster-state.js';

/** List of servers from one source, as `client.roster` has it. */
export interface RosterReport {
  /** The source: `the file /etc/chat/servers.json`. */
  readonly source: string;
  /** State of the list; see {@link RosterState}. */
  readonly state: RosterState;
  /** Time since the list was last known to be that of the source; 0 while the state is `current`. Unit: ms */
  readonly age: number;
  /** Ids of the servers in the list. */
  readonly servers: readonly string[];
  /** Ids of the servers that have announced their end. Routers choose those last. */
  readonly draining: readonly string[];
  /** Ids of servers that have vanished from the list while their connections stand. Routers choose those last. */
  readonly lost: readonly string[];
  /** Last failure of the source; undefined while the state is `current`. */
  readonly reason: RpcError | undefined;
}
