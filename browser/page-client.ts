import { FailureModes, type FailureOptions, resolveFailureOptions } from '../failure/index.js';
import { describeFailure } from '../lib/diagnostics.js';
import { RpcCode, RpcError } from '../lib/errors.js';
import { boolean, defined, fieldsOf, nonEmptyString, timeoutMs } from '../lib/options.js';
import type { ServerAtUrl, ServerInfo } from '../lib/server-info.js';
import type { MailBoxState } from '../mailbox/index.js';
import { type Any, Caller, type RemoteProxies, type ServerAtUrlOf, type ServerTypeOf } from '../proxy/index.js';
import { CallRouter, type RouterLike, type RouterOptions, resolveRouter } from '../router/index.js';
import {
  MailStation,
  type MailStationEvents,
  type MailStationOptions,
  type MailStationState,
  resolveMailStationOptions,
} from '../station/index.js';
import { proxiesOnDemand } from './page-proxies.js';

/** Options of a client in a web page. docs/browser.md names those of Node that are missing. */
export interface ClientOptions extends MailStationOptions, FailureOptions, RouterOptions {
  /**
   * Deadline of a call that brings none of its own: routing, connecting and the remote method together.
   * Unit: ms. Range: 1 to 2^31 - 1.
   * @default 30_000
   */
  timeout?: number | undefined;
  /**
   * How long the reader of a stream waits for the next item, unless its call says otherwise. 0: no limit. The first item is
   * bounded by `timeout`. Unit: ms. Range: 0 to 2^31 - 1.
   * @default 0
   */
  streamIdleTimeout?: number | undefined;
  /** Chooses the server of each call: the name of a strategy, or a {@link Router}. @default 'default' */
  router?: RouterLike | undefined;
  /** Whether a call of all servers of a type resolves to the outcome of each server. @default true */
  broadcastOutcomes?: boolean | undefined;
}

/** Calls methods of servers from a web page. {@link createClient} makes one. */
export class Client<Remotes = Any> {
  readonly #station: MailStation;
  readonly #failureModes: FailureModes;
  readonly #router: CallRouter;
  readonly #routerOptions: RouterOptions;

  /**
   * Remote methods: `proxies[namespace][serverType][module][method](routeParam, ...args)`. Each proxy is made when it is first
   * read, so that a client needs no list of them.
   */
  readonly proxies: RemoteProxies<Remotes>;

  /** Makes a client that is not started. No connection is made. Throws {@link RpcCode.InvalidArgument}. */
  constructor(options: ClientOptions = {}) {
    fieldsOf('the argument of createClient()', options, 'an object of options');
    const station = new MailStation(resolveMailStationOptions(options));
    const { admission, held } = station;
    this.#station = station;
    this.#routerOptions = defined({ random: options.random });
    const router = resolveRouter(options.router, this.#routerOptions);
    // The stages of a call's way out, the last one first: failure modes, router, station.
    this.#router = new CallRouter({ next: station, roster: station }, router);
    const behind = { next: this.#router, roster: station, admission, held };
    this.#failureModes = new FailureModes(behind, resolveFailureOptions(options), undefined);
    const log = (error: unknown): void =>
      console.warn(`mailstation: a call that nothing waits for failed: ${describeFailure(error)}`);
    const caller = new Caller(this.#failureModes, station, {
      timeout: timeoutMs('timeout', options.timeout, 30_000),
      streamIdleTimeout: timeoutMs('streamIdleTimeout', options.streamIdleTimeout, 0, 0),
      callbacks: false,
      broadcastOutcomes: boolean('broadcastOutcomes', options.broadcastOutcomes, true),
      onOnewayFailure: log,
      onCallbackThrow: log,
      onUnusedFailure: log,
    });
    this.proxies = proxiesOnDemand(caller) as RemoteProxies<Remotes>;
  }

  /** State of the client; see {@link MailStationState}. */
  get state(): MailStationState {
    return this.#station.state;
  }

  /** State of each connection that was ever needed, by the id of the server. A copy. */
  get mailboxes(): Readonly<Record<string, MailBoxState>> {
    const states = this.#station.allServers().map(({ id }) => [id, this.#station.mailboxState(id)] as const);
    return Object.fromEntries(states.filter((entry): entry is [string, MailBoxState] => entry[1] !== undefined));
  }

  /** Starts the client. Connections are made when first needed. Rejects with {@link RpcCode.Closed} the second time. */
  async start(): Promise<void> {
    if (!this.#station.start())
      throw new RpcError(RpcCode.Closed, `the client is ${this.state}, and cannot be started: make another client`);
  }

  /**
   * Stops the client: rejects new calls, lets calls in flight settle for `drainTimeout`, rejects the rest, and closes all
   * connections. With `force`, calls in flight are rejected at once. Resolves when all is closed.
   */
  stop(force = false): Promise<void> {
    this.#failureModes.stop();
    return this.#station.stop(force);
  }

  /** Adds a server to the roster. An entry with the same id is replaced, and calls that wait go to the new address. */
  addServer(server: ServerAtUrlOf<Remotes>): void;
  addServer(server: ServerAtUrl): void {
    this.#station.addServers([server]);
  }

  /** Adds all servers of the list, or none when one of them is out of shape. */
  addServers(servers: readonly ServerAtUrlOf<Remotes>[]): void;
  addServers(servers: readonly ServerAtUrl[]): void {
    this.#station.addServers(servers);
  }

  /** Makes the roster exactly this list. Servers that stay keep their connections. */
  replaceServers(servers: readonly ServerAtUrlOf<Remotes>[]): void;
  replaceServers(servers: readonly ServerAtUrl[]): void {
    this.#station.replaceServers(servers);
  }

  /** Removes a server. Calls that wait for its connection are rejected; calls that were sent have `drainTimeout` to settle. */
  removeServer(id: string): void {
    this.#station.removeServer(nonEmptyString('the id of a server', id));
  }

  /** Servers of a type, in the order in which they were added. The array is frozen, and a new one after each change. */
  getServersByType(serverType: string): readonly ServerInfo[] {
    return this.#station.candidates(serverType);
  }

  /** Sets the router of one server type, in place of the router of the client. Throws {@link RpcCode.InvalidArgument}. */
  route(serverType: ServerTypeOf<Remotes>, router: RouterLike): this {
    this.#router.use(nonEmptyString('serverType', serverType), resolveRouter(router, this.#routerOptions));
    return this;
  }

  /** Calls the listener at each {@link MailStationEvents} event of that name. */
  on<K extends keyof MailStationEvents>(event: K, listener: (...args: MailStationEvents[K]) => void): this {
    this.#station.on(event, listener);
    return this;
  }

  /** Removes a listener. */
  off<K extends keyof MailStationEvents>(event: K, listener: (...args: MailStationEvents[K]) => void): this {
    this.#station.off(event, listener as never);
    return this;
  }
}
