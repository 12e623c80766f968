import type { RpcError } from './errors.js';
import type { ServerInfo } from './server-info.js';

/** Read-only view of the servers that the mail station knows, for routers and failure modes. */
export interface RosterView {
  /** All servers of a type, in the order in which they were added. Frozen; a new array after each change. */
  servers(serverType: string): readonly ServerInfo[];
  /** Servers of a type that routers choose from: all that are not ejected. The same array as `servers` where none is ejected. */
  candidates(serverType: string): readonly ServerInfo[];
  /** A server of a type that is known and cannot be called, for errors: its id, and why. */
  uncallableOfType?(serverType: string): { readonly id: string; readonly why: string } | undefined;
  /** Types of the servers that can be called, for errors. */
  serverTypes?(): readonly string[];
  /** Where the servers come from, with the number and the age of each list, for errors. Empty where the program adds them. */
  sources?(): readonly string[];
  /** Calls for a server that were sent and are not answered, or wait for its connection. */
  inFlight(serverId: string): number;
  /** Recent latency of a server; undefined where nothing is known. Unit: ms */
  latency(serverId: string): number | undefined;
  /** True while there is a connection to the server. */
  isConnected(serverId: string): boolean;
  /** Failure of the last attempt to connect to a server; undefined where there was none since the last success. A page is told none. */
  readonly lastFailure?: (serverId: string) => RpcError | undefined;
  /** Calls the listener when a server was added or moved, and when its connection was made. */
  onReachable(listener: (serverId: string) => void): void;
}
