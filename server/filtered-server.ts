import { Emitter } from '../lib/emitter.js';
import type { ServerEvents } from './events.js';
import type { ServerFilter } from './filters.js';
import type { ServerFilters } from './server-filters.js';

/** The filters of a server, as its users add them. */
export abstract class FilteredServer extends Emitter<ServerEvents> {
  readonly #filters: ServerFilters;

  constructor(filters: ServerFilters) {
    super();
    this.#filters = filters;
  }

  /**
   * Adds a filter that runs before a method; see {@link ServerFilter}. Filters run in the order in which they were added.
   * @throws {@link RpcCode.InvalidArgument} for a value that filters in neither phase
   */
  before(filter: ServerFilter | readonly ServerFilter[]): this {
    this.#filters.addBefore(filter);
    return this;
  }

  /**
   * Adds a filter that runs when a method has answered, with results or with an error, and before the answer is sent; see {@link
   * ServerFilter}. Calls whose method did not run, and calls that their callers have left, have no after filters.
   * @throws {@link RpcCode.InvalidArgument} for a value that filters in neither phase
   */
  after(filter: ServerFilter | readonly ServerFilter[]): this {
    this.#filters.addAfter(filter);
    return this;
  }

  /** Adds a filter that runs before and after; see {@link ServerFilter}. */
  filter(filter: ServerFilter | readonly ServerFilter[]): this {
    return this.before(filter).after(filter);
  }
}
