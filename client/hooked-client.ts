import { invalid, nonEmptyString, unfit } from '../lib/options.js';
import type { ConnectHook } from '../mailbox/index.js';
import type { ServerTypeOf } from '../proxy/index.js';
import type { ErrorHandler, Filter, MailStation, MailStationEvents } from '../station/index.js';

/** The part of a client that takes functions of the user: filters, hooks for fresh connections, listeners. */
export abstract class HookedClient<Remotes> {
  readonly #station: MailStation;

  constructor(station: MailStation) {
    this.#station = station;
  }

  /**
   * Adds a hook that prepares each fresh connection, the first one too, before other calls are sent on it: a client tells a
   * server that was started anew what the server must know, such as the rooms of its users. Calls that the hook makes to that
   * server are sent at once. Other calls to the server wait until the hook has ended, each until its own deadline. Hooks run in
   * the order in which they were added, and again on each further connection.
   *
   * A hook that throws or rejects is logged and runs again after a growing pause, on the same connection: a server without what
   * the hook tells it would answer calls wrongly. Meanwhile calls wait, and those of failover go to other servers. When the
   * connection is lost while a hook runs, `signal` aborts, and calls that this hook still makes to the server fail with
   * {@link RpcCode.ConnectionLost}.
   *
   * `serverType` limits the hook to the servers of one type.
   * @throws {@link RpcCode.InvalidArgument} for a hook that is no function, and after `start()`
   * @example
   * ```ts
   * import { createClient } from 'mailstation';
   *
   * const rooms = new Set(['lobby']);
   * const client = createClient();
   * client.addProxy({ namespace: 'user', serverType: 'chat' });
   * client.onConnect('chat', async ({ server, isNew }) => {
   *   if (!isNew) return; // the same process as before
   *   for (const room of rooms) await client.proxies.user.chat.rooms.join.toServer(server.id, room);
   * });
   * await client.start();
   * await client.stop();
   * ```
   */
  onConnect(hook: ConnectHook): this;
  onConnect(serverType: ServerTypeOf<Remotes>, hook: ConnectHook): this;
  onConnect(first: ConnectHook | ServerTypeOf<Remotes>, second?: ConnectHook): this {
    const [serverType, hook] = typeof first === 'function' ? [undefined, first] : [first, second];
    if (typeof hook !== 'function') throw unfit('the hook of onConnect', 'a function', hook);
    const type = serverType === undefined ? undefined : nonEmptyString('the serverType of onConnect', serverType);
    this.#station.onConnect(type, hook);
    return this;
  }

  /**
   * Adds a filter that runs before a call is sent; see {@link Filter}. Filters run in the order in which they were
   * added.
   */
  before(filter: Filter | readonly Filter[]): this {
    this.#station.before(filter);
    return this;
  }

  /**
   * Adds a filter that runs after the server has answered, with results or with an error, and before the caller gets the
   * answer; see {@link Filter}. The filter sees the server, the message and the options of the call, and no result. One-way
   * calls, and calls without an answer, have no after filters.
   */
  after(filter: Filter | readonly Filter[]): this {
    this.#station.after(filter);
    return this;
  }

  /** Adds a filter that runs before and after; see {@link Filter}. */
  filter(filter: Filter | readonly Filter[]): this {
    return this.before(filter).after(filter);
  }

  /** Sets a handler that is called with each failure of a filter. The call is rejected as well. Source: pomelo-rpc. */
  setErrorHandler(handler: ErrorHandler): this {
    if (typeof handler !== 'function') throw invalid('the error handler must be a function');
    this.#station.setErrorHandler(handler);
    return this;
  }

  /** Calls the listener at each {@link MailStationEvents} event of that name. */
  on<K extends keyof MailStationEvents>(event: K, listener: (...args: MailStationEvents[K]) => void): this {
    this.#station.on(event, listener as never);
    return this;
  }

  /** Calls the listener at the next event of that name. */
  once<K extends keyof MailStationEvents>(event: K, listener: (...args: MailStationEvents[K]) => void): this {
    this.#station.once(event, listener as never);
    return this;
  }

  /** Removes a listener. */
  off<K extends keyof MailStationEvents>(event: K, listener: (...args: MailStationEvents[K]) => void): this {
    this.#station.off(event, listener as never);
    return this;
  }
}
