import { checkMessage } from './client/arguments.js';
import { AttemptTraces } from './client/attempt-traces.js';
import { publishBroadcast } from './client/broadcast-traces.js';
import { CallTraces } from './client/call-traces.js';
import { type ClientReport, clientReport } from './client/client-report.js';
import { failureLogs, routeParamNote } from './client/failure-logs.js';
import type { FollowedRoster } from './client/followed-roster.js';
import { CLIENT_DEFAULTS, CLIENT_OPTION_NAMES, type ClientOptions, callTimes } from './client/options.js';
import type { ClientParts } from './client/parts.js';
import type { ServerOf } from './client/published-call.js';
import { followedRoster } from './client/registry.js';
import { RosterClient } from './client/roster-client.js';
import { startClient } from './client/start.js';
import { publishStates } from './client/state-channels.js';
import { FailureModes, resolveFailureOptions } from './failure/index.js';
import { RemoteMethod } from './lib/call/remote-method.js';
import { type Callback, withCallback } from './lib/callback.js';
import { idOfNumber } from './lib/compat/numbers.js';
import { CLIENT_NAMES, canonicalOptions, PASSED_OVER, writtenName } from './lib/compat/option-names.js';
import { UnusedPromise } from './lib/compat/unused-promise.js';
import { quietLogger } from './lib/diagnostics.js';
import { NOT_SENT } from './lib/not-sent.js';
import { boolean, defined, fieldsOf, invalid, loggerOption, nonEmptyString, unfit } from './lib/options.js';
import type { RosterReport } from './lib/registry/roster-report.js';
import type { InvokeMessage } from './lib/rpc-message.js';
import { stopWith } from './lib/stop-with.js';
import { warnOfUnknownOptions } from './lib/unknown-options.js';
import {
  type Any,
  Caller,
  type FromData,
  type ModuleLoader,
  type ProxyRecord,
  type ProxyRecordOf,
  ProxyTree,
  type RemoteProxies,
  type ServerTypeOf,
} from './proxy/index.js';
import { CallRouter, type RouterLike, type RouterOptions, resolveRouter } from './router/index.js';
import { MailStation, type MailStationState, resolveMailStationOptions, type SharingState } from './station/index.js';

export type { ClientOptions } from './client/options.js';
export type { ClientParts } from './client/parts.js';

/** The caller's end without the parts of any platform: proxies, routers and the mail station, put together. */
export class BareClient<Remotes = Any> extends RosterClient<Remotes> {
  readonly #station: MailStation;
  readonly #clientId: string | undefined;
  readonly #proxies: ProxyTree;
  readonly #caller: Caller;
  readonly #router: CallRouter;
  readonly #failureModes: FailureModes;
  readonly #routerOptions: RouterOptions;
  readonly #takesAnyList: boolean;
  readonly #callbacks: boolean;
  readonly #followed: FollowedRoster | undefined;
  readonly #logs: ReturnType<typeof failureLogs>;

  static {
    Object.defineProperty(BareClient.prototype, NOT_SENT, { value: 'a client' });
  }

  /** Makes a client that is not started. No connection is made. Throws {@link RpcCode.InvalidArgument}. */
  constructor(written: ClientOptions = {}, parts: ClientParts = {}) {
    fieldsOf('the argument of createClient()', written, 'an object of options');
    const options = canonicalOptions(written, CLIENT_NAMES);
    const { replicas, algorithm, hashFieldIndex, random } = options;
    const routerOptions: RouterOptions = defined({ replicas, algorithm, hashFieldIndex, random });
    const stationOptions = resolveMailStationOptions(options, written, parts);
    if (stationOptions.share !== undefined && parts.shareMailBoxes === undefined)
      throw invalid('this client cannot share mailboxes; leave the option `share` out');
    const takesAnyList = parts.takesAnyList === true;
    const station = new MailStation(stationOptions, parts.shareMailBoxes?.(stationOptions), takesAnyList);
    const logger = loggerOption('logger', options.logger, quietLogger);
    super(station, { logger, takesAnyList });
    this.#station = station;
    this.#clientId = stationOptions.mailbox.clientId;
    this.#takesAnyList = takesAnyList;
    this.#routerOptions = routerOptions;
    const onlyNear = stationOptions.mailboxFactory !== undefined;
    const check = { owner: 'the client', names: CLIENT_OPTION_NAMES, ignored: PASSED_OVER, onlyNear };
    warnOfUnknownOptions(written, check, logger);
    const times = callTimes(options);
    const { router: chosen = CLIENT_DEFAULTS.router } = options;
    const router = resolveRouter(chosen, routerOptions, writtenName('router', written, CLIENT_NAMES));

    // The stages of a call's way out, the last one first: traces, failure modes, attempts, router, station.
    const { admission, held } = station;
    const onPlainRouteParam = takesAnyList ? undefined : routeParamNote(logger);
    this.#router = new CallRouter(
      { next: station, roster: station, held, onPlainRouteParam },
      router,
      options.routeContext ?? this,
    );
    const serverOf: ServerOf = (id) => station.server(id);
    const behind = { next: new AttemptTraces(this.#router, serverOf), roster: station, admission, held };
    this.#failureModes = new FailureModes(behind, resolveFailureOptions(options), {
      onDelivered: (receipt, results) => station.emit('failback:delivered', receipt, results),
      onGivenUp: (receipt, error) => station.emit('failback:givenUp', receipt, error),
    });
    this.#followed = followedRoster(options, station, logger);
    const logs = failureLogs(logger);
    this.#logs = logs;
    this.#callbacks = boolean('callbacks', options.callbacks, CLIENT_DEFAULTS.callbacks);
    const broadcastOutcomes = boolean(
      'broadcastOutcomes',
      options.broadcastOutcomes,
      CLIENT_DEFAULTS.broadcastOutcomes,
    );
    const forms = { callbacks: this.#callbacks, broadcastOutcomes };
    publishStates(station);
    const first = new CallTraces(this, this.#failureModes, serverOf);
    this.#caller = new Caller(first, station, { ...times, ...forms, ...logs, aroundBroadcast: publishBroadcast });
    const load: ModuleLoader | undefined =
      parts.loadModules && ((path, context) => parts.loadModules?.(path, context, logger, takesAnyList) ?? []);
    this.#proxies = new ProxyTree(this.#caller, load, options.context, {
      isPlain: this.#takesAnyList,
      logger,
      onNoProxy: logs.onNoProxy,
    });
  }

  /**
   * Remote methods: `proxies[namespace][serverType][module][method](routeParam, ...args)`. A call of a proxy that does not
   * exist rejects with {@link RpcCode.NoProxy}; `in` says whether a name exists. An assigned empty object removes all
   * proxies, and `addProxies` adds them anew. Source: pomelo and pinus, `replaceServers`.
   * @throws {@link RpcCode.InvalidArgument} when anything but an empty object, or earlier proxies of this client, is assigned
   */
  get proxies(): RemoteProxies<Remotes> {
    return this.#proxies.tree as RemoteProxies<Remotes>;
  }

  set proxies(cleared: RemoteProxies<Remotes> | Record<string, never>) {
    this.#proxies.replace(cleared);
  }

  /** State of the client; see {@link MailStationState}. */
  get state(): MailStationState {
    return this.#station.state;
  }

  /**
   * State of the shared mailboxes, which the event `share` reports too; undefined without {@link
   * MailStationOptions.share}.
   */
  get sharing(): SharingState | undefined {
    return this.#station.sharing;
  }

  /** The list of each source of the option `registry`, with its age; empty without the option. */
  get roster(): readonly RosterReport[] {
    return this.#followed?.reports ?? [];
  }

  /** The client as it is at the moment: name, servers, connections, calls that wait, ejections, sources. A copy, to be printed or sent. */
  inspect(): ClientReport {
    return clientReport(this.#station, this.#clientId, this.roster);
  }

  /**
   * Resolves to the id of the server that the router of a type chooses for a route parameter, at the moment. No call is made. The question
   * counts for routers that take turns, and a router function gets a message with empty names. Rejects as a call would: with {@link
   * RpcCode.NoServer} and {@link RpcCode.Route}.
   * @throws {@link RpcCode.InvalidArgument} when `serverType` is no text
   */
  whichServer(serverType: ServerTypeOf<Remotes>, routeParam?: unknown, ...args: unknown[]): Promise<string> {
    return this.#router.which(nonEmptyString('serverType', serverType), routeParam, args);
  }

  /**
   * Starts the client. Connections are made when first needed. With the option `registry`, resolves when each source has given a list
   * of servers. Rejects with {@link RpcCode.Closed} the second time, and with {@link RpcCode.Registry} where a source has given no
   * list within `registryTimeout`; the client is then closed.
   */
  start(callback?: Callback<[]>): Promise<void> {
    return withCallback(startClient(this.#station, this.#followed), callback);
  }

  /**
   * Stops the client: rejects new calls, lets calls in flight settle for `drainTimeout`, rejects the rest, and closes
   * all connections. With `force`, calls in flight are rejected at once. Calls that wait for a retry in the background
   * end with the event `failback:givenUp`. Resolves when all is closed, each further call likewise. Rejects with {@link
   * RpcCode.InvalidArgument} for a `force` that is neither true nor false.
   */
  stop(force = false, callback?: Callback<[]>): Promise<void> {
    // Programs of pomelo hand on any value.
    return stopWith(this.#takesAnyList ? Boolean(force) : force, callback, (isForced) => {
      this.#followed?.close();
      this.#failureModes.stop();
      const stopped = this.#station.stop(isForced);
      void stopped.then(this.#logs.flush, this.#logs.flush);
      return stopped;
    });
  }

  /**
   * Adds proxies for remote modules; a module that was added before is replaced. Throws {@link RpcCode.Load} when a
   * path cannot be loaded, and {@link RpcCode.InvalidArgument} for a record out of shape.
   */
  addProxies<const Given extends ProxyRecord>(records: readonly Given[] & FromData<Given['serverType']>): void;
  addProxies(records: readonly ProxyRecordOf<Remotes>[]): void;
  addProxies(records: readonly ProxyRecord[]): void {
    for (const record of this.list('addProxies', records)) {
      if (!this.#takesAnyList || (record ?? undefined) !== undefined) this.#proxies.add(record);
    }
  }

  /** Adds the proxies of one record; see {@link BareClient.addProxies}. */
  addProxy<const Given extends ProxyRecord>(record: Given & FromData<Given['serverType']>): void;
  addProxy(record: ProxyRecordOf<Remotes>): void;
  addProxy(record: ProxyRecord): void {
    this.#proxies.add(record);
  }

  /**
   * Sets the router of one server type, in place of the router of the client.
   * @throws {@link RpcCode.InvalidArgument} for a value that is no router
   */
  route(serverType: ServerTypeOf<Remotes>, router: RouterLike): this {
    if (router === undefined) throw unfit('the router of route()', 'the name of a router or a function', router);
    this.#router.use(nonEmptyString('serverType', serverType), resolveRouter(router, this.#routerOptions));
    return this;
  }

  /**
   * Calls a method of a server without a proxy. A callback gets all results; without one, a promise of the first is
   * returned. Where `msg` has no server type, filters see that of the roster. Source: pomelo-rpc. Throws {@link
   * RpcCode.InvalidArgument}.
   */
  rpcInvoke(serverId: string, msg: InvokeMessage, callback: Callback<unknown[]>): undefined;
  rpcInvoke(serverId: string, msg: InvokeMessage): Promise<unknown>;
  rpcInvoke(serverId: string, msg: InvokeMessage, callback?: Callback<unknown[]>): Promise<unknown> | undefined {
    const args = [...checkMessage(msg).args];
    const hasCallback = callback !== undefined && callback !== null;
    if (hasCallback && typeof callback !== 'function') throw unfit('the callback of rpcInvoke', 'a function', callback);
    if (hasCallback || this.#callbacks) args.push(hasCallback ? callback : null);
    const id = idOfNumber(serverId) as string;
    const serverType = msg.serverType ?? this.#station.server(id)?.serverType ?? '';
    const answer = this.#caller.toServer(new RemoteMethod({ ...msg, serverType }), id, args, {});
    // pinus notifies like this: without a callback, and no promise is expected.
    return this.#takesAnyList && answer !== undefined ? UnusedPromise.of(answer, this.#logs.onUnusedFailure) : answer;
  }
}
