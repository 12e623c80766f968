import type { RpcMessage } from '../lib/rpc-message.js';
import type { NonEmpty, ServerInfo } from '../lib/server-info.js';

/** What a router sees of a call. */
export interface RouteRequest {
  readonly serverType: string;
  /** The first argument of a proxy call: whatever the caller routes by, a session for most. */
  readonly routeParam: unknown;
  /** May be built on first access (a getter): a strategy that does not look costs nothing. */
  readonly msg: RpcMessage;
}

/** How busy servers are, told by whoever sends the calls. An id that is not known yet is an idle server. */
export interface ServerLoad {
  /**
   * Calls chosen for this server and not settled, counted from the pick on: calls of one tick must see each
   * other, or they all go to the same idle server. 0 or more.
   */
  inFlight(serverId: string): number;
  /**
   * Recent latency in ms, as a moving average; undefined when none is known. It must fade with time: a server
   * that was slow once would otherwise never be chosen, and so never measured, again.
   */
  latency(serverId: string): number | undefined;
}

/**
 * Chooses one server for one call. Given the servers, it never reaches for them; that there are none is answered
 * before it is asked. Synchronous, and it keeps its own state by server type: one router may serve all types.
 */
export interface Router {
  /** Names the router in errors. */
  readonly name: string;
  /**
   * It picks by a key of the call, so that the same key has the same server. While servers are left out (ejected, or tried
   * before), it is asked with all of them first, and only keys that fall to those are picked for again, among the rest: the
   * others stay where they are. @default false
   */
  readonly isKeyed?: boolean;
  /**
   * `servers` is a frozen snapshot of all servers of the type, ids unique, in the order in which they were added.
   * Its identity changes exactly when the membership or an entry does, so work may be cached by snapshot.
   */
  pick(servers: NonEmpty<ServerInfo>, request: RouteRequest, load: ServerLoad): ServerInfo;
}

/** Numbers in [0, 1), as `Math.random` gives them. */
export type RandomSource = () => number;
