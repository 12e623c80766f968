import type { ServerInfo } from './server-info.js';

/** What routers and failure modes see of the servers that the mail station knows. They change nothing through it. */
export interface RosterView {
  /** All servers of a type, in the order in which they were added. Frozen; a new array after each change. */
  servers(serverType: string): readonly ServerInfo[];
  /** Those of them that routers choose from: without the ejected ones. The same array where none is. */
  candidates(serverType: string): readonly ServerInfo[];
  /** Calls for a server that were sent and are not answered, or wait for its connection. */
  inFlight(serverId: string): number;
  /** Recent latency of a server, ms; undefined where nothing is known. */
  latency(serverId: string): number | undefined;
  /** A connection to the server stands. */
  isConnected(serverId: string): boolean;
  /** Calls the listener when a server was added or moved, and when its connection was made. */
  onReachable(listener: (serverId: string) => void): void;
}
