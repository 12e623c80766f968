import { Emitter } from '../lib/emitter.js';
import type { CallStats } from '../lib/serving/call-stats.js';
import type { ServerEvents } from './events.js';
import type { ServerFilter } from './filters.js';
import type { HealthDetail, HealthReport, HealthStatus } from './health.js';
import type { PageRequest } from './name-page.js';
import type { ServedCalls } from './served-calls.js';
import type { StatsReport } from './stats.js';

/** The counts of each server's calls; undefined for a server that counts none. */
const counts = new WeakMap<OperatedServer, CallStats | undefined>();

/** Returns the counts of the calls of a server, for metrics. Undefined for a server that counts none. */
export function callStatsOf(server: OperatedServer): CallStats | undefined {
  return counts.get(server);
}

/** The part of a server that operators of the program use: filters, health and figures. */
export abstract class OperatedServer extends Emitter<ServerEvents> {
  readonly #calls: ServedCalls;

  constructor(calls: ServedCalls) {
    super();
    this.#calls = calls;
    counts.set(this, calls.stats);
  }

  /** Health of the server and of its namespaces, as callers get it from `$mailstation.health.check`. */
  get health(): HealthReport {
    return this.#calls.inspection.health.report();
  }

  /**
   * Adds a filter that runs before a method; see {@link ServerFilter}. Filters run in the order in which they were added.
   * @throws {@link RpcCode.InvalidArgument} for a value that filters in neither phase
   */
  before(filter: ServerFilter | readonly ServerFilter[]): this {
    this.#calls.filters.addBefore(filter);
    return this;
  }

  /**
   * Adds a filter that runs when a method has answered, with results or with an error, and before the answer is sent; see {@link
   * ServerFilter}. Calls whose method did not run, and calls that their callers have left, have no after filters.
   * @throws {@link RpcCode.InvalidArgument} for a value that filters in neither phase
   */
  after(filter: ServerFilter | readonly ServerFilter[]): this {
    this.#calls.filters.addAfter(filter);
    return this;
  }

  /** Adds a filter that runs before and after; see {@link ServerFilter}. */
  filter(filter: ServerFilter | readonly ServerFilter[]): this {
    return this.before(filter).after(filter);
  }

  /**
   * Sets the health that the server reports, of the whole server or of one namespace: `server.setHealth('not-serving', { reason: 'the
   * database is down' })`. Calls are served all the same. A server that stops reports `draining`, whatever was set.
   * @throws {@link RpcCode.InvalidArgument} for another health, and for options out of shape
   */
  setHealth(health: Exclude<HealthStatus, 'draining'>, options: HealthDetail = {}): this {
    this.#calls.inspection.health.set(health, options);
    return this;
  }

  /**
   * Figures of the server and of its methods, as callers get them from `$mailstation.stats.read`; 500 methods unless asked otherwise.
   * @throws {@link RpcCode.InvalidArgument} for a request out of shape
   */
  stats(request?: PageRequest): StatsReport {
    return this.#calls.inspection.stats(request);
  }
}
