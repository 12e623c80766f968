import { BareClient } from '../../client.js';
import { ClusterClient } from '../../lib/cluster/cluster-client.js';
import { loopLag } from '../../lib/loop-lag.js';
import { fieldsOf, invalid, unfit } from '../../lib/options.js';
import { unknownOptions } from '../../lib/unknown-options.js';
import { Server } from '../../server.js';
import { countCalls, uncountCalls } from './client-calls.js';
import type { ObservedClient } from './client-figures.js';
import { type Observed, snapshotOf } from './observed.js';
import { fillRegistry, type PromRegistry } from './prom-client.js';
import { CONTENT_TYPE, textOf } from './text.js';

/** Servers and clients of this process whose metrics are read. */
export interface MetricsOptions {
  /** Servers. Their calls are counted by the servers themselves, unless they have `callStats: false`. @default none */
  readonly servers?: readonly Server[] | undefined;
  /** Clients. Their calls are counted from now on. @default none */
  readonly clients?: readonly ObservedClient[] | undefined;
  /** Shared clients, as `cluster(Class).create()` returns them. @default none */
  readonly sharedClients?: readonly object[] | undefined;
}

/** Answer to a scrape. */
export interface MetricsText {
  /** Value for the header `content-type`. Prometheus 3 refuses an answer with another one. */
  readonly contentType: string;
  /** Metrics in Prometheus' text format 0.0.4. */
  readonly body: string;
}

const NAMES = { servers: true, clients: true, sharedClients: true } as const;

/** Metrics of servers and clients of this process; see {@link createMetrics}. */
export class Metrics {
  readonly #servers = new Set<Server>();
  readonly #clients = new Set<ObservedClient>();
  readonly #sharedClients = new Set<ClusterClient>();
  readonly #unfill = new Map<PromRegistry, () => void>();
  readonly #observed: Observed = {
    servers: this.#servers,
    clients: this.#clients,
    sharedClients: this.#sharedClients,
  };
  readonly #releaseLag = loopLag.keep();

  /** Throws {@link RpcCode.InvalidArgument}. */
  constructor(options: MetricsOptions = {}) {
    this.add(options);
  }

  /**
   * Adds servers and clients. One that is there already stays.
   * @throws {@link RpcCode.InvalidArgument} for values that are none
   */
  add(options: MetricsOptions): this {
    const { servers, clients, sharedClients } = read(options);
    for (const server of servers) this.#servers.add(server);
    for (const client of clients) {
      if (this.#clients.has(client)) continue;
      this.#clients.add(client);
      countCalls(client);
    }
    for (const shared of sharedClients) this.#sharedClients.add(shared);
    return this;
  }

  /**
   * Removes servers and clients, whose series then end: such as a server that is stopped, and that another one follows in this process.
   * @throws {@link RpcCode.InvalidArgument} for values that are none
   */
  remove(options: MetricsOptions): this {
    const { servers, clients, sharedClients } = read(options);
    for (const server of servers) this.#servers.delete(server);
    for (const client of clients) if (this.#clients.delete(client)) uncountCalls(client);
    for (const shared of sharedClients) this.#sharedClients.delete(shared);
    return this;
  }

  /** Reads all metrics, as the answer to a scrape of Prometheus. */
  text(): MetricsText {
    return { contentType: CONTENT_TYPE, body: textOf(snapshotOf([this.#observed])) };
  }

  /**
   * Fills a registry of the package prom-client: `registry.metrics()` then has these metrics beside those of the program. Several metrics may
   * fill one registry, and what two of them observe counts once.
   * @throws {@link RpcCode.InvalidArgument} where the registry has a metric of one of the names from elsewhere
   */
  fill(registry: PromRegistry): this {
    this.#unfill.set(registry, fillRegistry(registry, this.#observed)); // anew where the program has cleared the registry
    return this;
  }

  /** Ends the counting of the clients' calls, and takes the metrics out of the registries that were filled. Servers and clients go on. */
  close(): void {
    this.remove({ servers: [...this.#servers], clients: [...this.#clients], sharedClients: [...this.#sharedClients] });
    for (const unfill of this.#unfill.values()) unfill();
    this.#unfill.clear();
    this.#releaseLag();
  }
}

function read(options: MetricsOptions) {
  fieldsOf('the argument', options, 'an object { servers, clients, sharedClients }');
  const unknown = unknownOptions(options, { names: NAMES });
  if (unknown.length > 0) throw invalid(`metrics have no such options: ${unknown.join(', ')}`);
  return {
    servers: listOf('servers', options.servers, Server, 'servers of this process, as createServer() returns them'),
    clients: listOf('clients', options.clients, BareClient, 'clients of this process, as createClient() returns them'),
    sharedClients: listOf('sharedClients', options.sharedClients, ClusterClient, 'shared clients of this process'),
  };
}

function listOf<T extends object>(
  name: string,
  given: readonly object[] | undefined,
  type: abstract new (...args: never[]) => T,
  wanted: string,
): readonly T[] {
  if (given === undefined) return [];
  if (!Array.isArray(given) || !given.every((each) => each instanceof type))
    throw unfit(name, `a list of ${wanted}`, given);
  return given as readonly T[];
}

/**
 * Makes metrics of servers and clients of this process, for Prometheus: calls with their durations, connections, streams, lists of servers,
 * who leads, and the event loop. docs/metrics.md has the names. Until the first client is given, no call costs more than before.
 * @throws {@link RpcCode.InvalidArgument} for options that do not exist, and for values that are no servers or clients
 * @example
 * ```ts
 * import { createServer as createHttpServer } from 'node:http';
 * import { createClient, createServer } from 'mailstation';
 * import { createMetrics } from 'mailstation/metrics';
 *
 * const server = createServer({ id: 'chat-1', port: 0, services: { user: { rooms: { list: () => ['lobby'] } } } });
 * const metrics = createMetrics({ servers: [server], clients: [createClient()] });
 * const http = createHttpServer((_request, response) => {
 *   const { contentType, body } = metrics.text();
 *   response.writeHead(200, { 'content-type': contentType }).end(body);
 * });
 * http.listen(0, '127.0.0.1', () => console.log('metrics are read from here'));
 *
 * // When the program ends:
 * http.close();
 * metrics.close();
 * ```
 */
export function createMetrics(options: MetricsOptions = {}): Metrics {
  return new Metrics(options);
}
