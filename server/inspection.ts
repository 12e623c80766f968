import type { ConnectionFacts } from '../lib/leader/connection-facts.js';
import { RESERVED_NAMESPACE, type ServedMethod, ServiceRegistry } from '../lib/service/service-registry.js';
import type { CallStats } from '../lib/serving/call-stats.js';
import { connectionsReport } from './connections.js';
import { ServerHealth } from './health.js';
import type { PageRequest } from './name-page.js';
import { noRecentCalls, type RecentCalls, type RecentCallsRequest } from './recent-calls.js';
import { Reflection } from './reflection.js';
import { type StatsReport, type StatsSource, statsReport } from './stats.js';

/** The server, as its own methods see it. */
export interface InspectedServer extends StatsSource {
  readonly services: ServiceRegistry;
  /** Undefined where calls are not counted. */
  readonly stats: CallStats | undefined;
  /** Undefined where calls are not counted. */
  readonly recent: RecentCalls | undefined;
  /** Duration from which a call counts as slow. Unit: ms */
  readonly slowCall: number;
  /** Undefined where the connections of callers are not known. */
  readonly callers: ReadonlyMap<string, ConnectionFacts> | undefined;
  /** False: the server answers no question about itself. */
  readonly isInspected: boolean;
}

/** The methods of `$mailstation`, with which a server answers questions about itself. */
export class Inspection {
  readonly health: ServerHealth;
  readonly #server: InspectedServer;
  /** Made at the first question: most servers are never asked. */
  #own: ServiceRegistry | undefined;

  constructor(server: InspectedServer) {
    this.#server = server;
    const namespaces = (): string[] => [...server.services.modules].map(({ namespace }) => namespace);
    this.health = new ServerHealth(() => server.state, namespaces);
  }

  /** A method of the name; undefined where there is none. */
  lookup(name: string): ServedMethod | undefined {
    return this.#server.isInspected ? this.#methods.lookup(name) : undefined;
  }

  stats(request?: PageRequest): StatsReport {
    const { stats, recent } = this.#server;
    return statsReport(this.#server, stats, recent?.seq ?? 0, request);
  }

  get #methods(): ServiceRegistry {
    if (this.#own !== undefined) return this.#own;
    const server = this.#server;
    const reflection = new Reflection(server.services);
    const modules = {
      reflection: { describe: (request?: PageRequest) => reflection.describe(request) },
      health: { check: (namespace?: string) => this.health.report(namespace ?? undefined) },
      stats: { read: (request?: PageRequest) => this.stats(request ?? undefined) },
      connections: { list: (request?: PageRequest) => connectionsReport(server.callers, request ?? undefined) },
      calls: {
        recent: (request?: RecentCallsRequest) =>
          server.recent?.report(request) ?? noRecentCalls(server.slowCall, request),
      },
    };
    const own = new ServiceRegistry(true);
    const loaded = Object.entries(modules).map(([name, instance]) => ({ name, instance, file: 'mailstation' }));
    own.add(RESERVED_NAMESPACE, loaded, { isChosen: true });
    this.#own = own;
    return own;
  }
}
