import type { Endpoint } from '../endpoint.js';
import type { RpcError } from '../errors.js';
import type { NonEmpty } from '../server-info.js';
import type { Channel } from '../serving/channel.js';
import type { ConcurrencyLimit } from '../serving/overload.js';
import type { ConnectionFacts } from './connection-facts.js';

/**
 * Takes in the requests of a server, on the package's own transports ({@link ChannelAcceptor}) or through a user's acceptor
 * ({@link CustomAcceptor}).
 */
export interface ServerAcceptor {
  /** Endpoints that the acceptor listens on; before that, the endpoints that were asked for. */
  readonly endpoints: NonEmpty<Endpoint>;
  /** Endpoint that was claimed last: the one that could not be taken, where {@link ServerAcceptor.listen} has rejected. */
  readonly claimed: Endpoint;
  /** Limit of the calls, over all connections. */
  readonly limit: ConcurrencyLimit;
  /** Open connections; undefined behind a user's acceptor, which does not report them. */
  readonly connections: number | undefined;
  /** Open connections of callers that have registered, by their numbers; undefined behind a user's acceptor. */
  readonly callers: ReadonlyMap<string, ConnectionFacts> | undefined;
  /** Place at which requests are taken in, for log lines: `tcp://127.0.0.1:3333`. */
  readonly description: string;
  /** True where listening fails on a held port in a way that lets a second process compete for the port. */
  readonly canStandBy: boolean;
  /** Serves requests by this channel from now on. */
  lead(channel: Channel): void;
  /** Begins to take requests in. Resolves when listening. */
  listen(): Promise<void>;
  /**
   * Frees the port, refuses new requests, and waits for the answers of running calls. Resolves when all is closed: after
   * `timeoutMs` at the latest.
   */
  drain(reason: RpcError, timeoutMs: number): Promise<void>;
  /** Frees the port and closes all connections at once. */
  destroy(reason: RpcError): void;
}
