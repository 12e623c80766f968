import type { RpcMessage } from '../lib/rpc-message.js';
import type { NonEmpty, ServerInfo } from '../lib/server-info.js';

/** A call as a router sees it. */
export interface RouteRequest {
  /** Type of the server that is called. */
  readonly serverType: string;
  /** First argument of a proxy call, by which the caller routes: for most programs a session. */
  readonly routeParam: unknown;
  /**
   * The whole message. The message may be made at the first access, so that a strategy that does not read it costs
   * nothing.
   */
  readonly msg: RpcMessage;
}

/** How busy the servers are. The id of an unknown server counts as an idle server. */
export interface ServerLoad {
  /**
   * Calls that were routed to this server and are not settled. A call counts from the moment of the choice, since calls
   * of one tick would otherwise all go to the same idle server. Range: from 0.
   */
  inFlight(serverId: string): number;
  /**
   * Recent latency of a server as a moving average; undefined when none is known. The value fades with time: a server
   * that was slow once would otherwise never be chosen, and never measured, again. Unit: ms.
   */
  latency(serverId: string): number | undefined;
}

/**
 * Chooses one server for each call. A router is asked synchronously, and never without a server to choose from. State
 * is kept by server type, so that one router may serve all types.
 * @example
 * ```ts
 * import { createClient, type Router } from 'mailstation';
 *
 * // The server with the lowest latency; servers without a known one first.
 * const fastest: Router = {
 *   name: 'fastest',
 *   pick(servers, _request, load) {
 *     const latency = (id: string) => load.latency(id) ?? 0;
 *     return servers.reduce((best, server) => (latency(server.id) < latency(best.id) ? server : best));
 *   },
 * };
 *
 * createClient({ router: fastest });
 * ```
 */
export interface Router {
  /** Name of the router in errors. */
  readonly name: string;
  /**
   * Whether the same key of a call always leads to the same server. While servers are left out (ejected, or tried
   * before), a keyed router is asked with all servers first, and again with the rest only for keys that fall to a
   * server which is left out. All other keys keep their server.
   * @default false
   */
  readonly isKeyed?: boolean;
  /**
   * Chooses a server. `servers` is a frozen snapshot of the servers of the type, in the order in which they were added.
   * The array is another one exactly when the membership or an entry changes, so that work may be cached by snapshot.
   * An error that is thrown rejects the call with `ERR_RPC_ROUTE`.
   */
  pick(servers: NonEmpty<ServerInfo>, request: RouteRequest, load: ServerLoad): ServerInfo;
}

/** Source of random numbers from 0 to 1, exclusive, as `Math.random`. */
export type RandomSource = () => number;
