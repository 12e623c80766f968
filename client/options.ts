import { FAILURE_DEFAULTS, type FailureOptions, type RetryBudgetOptions } from '../failure/index.js';
import { timeoutMs } from '../lib/options.js';
import type { StreamWindowOptions } from '../lib/protocol/stream-window-options.js';
import type { RosterSource } from '../lib/registry/roster-source.js';
import type { OptionNames } from '../lib/unknown-options.js';
import type { ShareOptions } from '../mailbox/shared/options.js';
import type { RouterLike, RouterName, RouterOptions } from '../router/index.js';
import { type EjectionOptions, type MailStationOptions, STATION_DEFAULTS } from '../station/index.js';

/** Options of a client. docs/options.md lists all of them, with units, defaults and ranges. */
export interface ClientOptions extends MailStationOptions, FailureOptions, RouterOptions {
  /**
   * Deadline of a call that brings none of its own: routing, filters, connecting and the remote method together.
   * Unit: ms. Range: 1 to 2^31 - 1. Source: pomelo-rpc.
   * @default 30_000
   */
  timeout?: number | undefined;
  /**
   * How long the reader of a stream waits for the next item, unless its call says otherwise. 0: no limit. The first item is
   * bounded by `timeout`. Unit: ms. Range: 0 to 2^31 - 1.
   * @default 0
   */
  streamIdleTimeout?: number | undefined;
  /**
   * Chooses the server of each call: the name of a strategy, a {@link Router}, or a function. The default takes the
   * crc32 of `routeParam.uid`, and the servers in turn for a call without a uid. `Client.create` has 'df', which sends all
   * calls without a uid to one server. Source: pomelo-rpc.
   * @default 'default'
   */
  router?: RouterLike | undefined;
  /**
   * Name of a strategy, in place of {@link ClientOptions.router}; {@link RouterName} has the long names too. Range:
   * 'df', 'rd', 'rr', 'wrr', 'la', 'ch' or 'p2c'. Source: pomelo-rpc.
   */
  routerType?: RouterName | undefined;
  /**
   * Whether methods are called as with pomelo-rpc. `null` or `undefined` as the last argument means "no callback", and is not
   * sent. A call without a callback that fails is logged, and is no unhandled rejection. A callback gets a value that the
   * method gave in the place of the error as it is. `Client.create` has `true`. Source: pomelo-rpc.
   * @default false
   */
  callbacks?: boolean | undefined;
  /**
   * Whether a call of all servers of a type (`toServer('*')`, `broadcast()`) resolves to the outcome of each server. With
   * `false`, the call resolves to the results alone, and rejects with the error of the first server that failed, as in
   * pinus-rpc; the types of a typed client have outcomes. `mailstation/pinus-rpc` has `false`. Source: pinus-rpc.
   * @default true
   */
  broadcastOutcomes?: boolean | undefined;
  /**
   * Source of the servers, in place of `addServers()`: `etcd()`, `memory()`, `dns()`, `file()`, an object of the program's own, or a
   * list of these. `start()` waits for the first list. Servers that were added by hand stay beside those of the source, and a server
   * of the source replaces one with the same id. Range: 1 to 16 sources.
   * @default none
   */
  registry?: RosterSource | readonly RosterSource[] | undefined;
  /**
   * How long `start()` waits for the first list of {@link ClientOptions.registry}.
   * Unit: ms. Range: 1 to 2^31 - 1.
   * @default 30_000
   */
  registryTimeout?: number | undefined;
  /** Value that is handed to router functions. Source: pomelo-rpc. @default the client */
  routeContext?: unknown;
}

export const CLIENT_DEFAULTS = Object.freeze({
  ...STATION_DEFAULTS,
  ...FAILURE_DEFAULTS,
  timeout: 30_000,
  streamIdleTimeout: 0,
  router: 'default',
  callbacks: false,
  broadcastOutcomes: true,
  registryTimeout: 30_000,
}) satisfies ClientOptions;

/** Every option of a client. A name that is missing here does not compile. */
export const CLIENT_OPTION_NAMES = Object.freeze({
  algorithm: true,
  auth: true,
  bufferMsg: true,
  buffMsg: true,
  broadcastOutcomes: true,
  callbacks: true,
  clientId: true,
  codecs: true,
  connectTimeout: true,
  context: true,
  drainTimeout: true,
  ejection: {
    baseEjectionTime: true,
    consecutiveFailures: true,
    maxEjectionPercent: true,
    maxEjectionTime: true,
  } satisfies OptionNames<EjectionOptions>,
  failMode: true,
  failbackSize: true,
  hashFieldIndex: true,
  idleTimeout: true,
  interval: true,
  keepalive: true,
  logger: true,
  mailBoxFactory: true,
  mailboxFactory: true,
  maxFrameBytes: true,
  frameTimeout: true,
  maxInFlight: true,
  maxQueuedBytes: true,
  pendingSize: true,
  random: true,
  registry: true,
  registryTimeout: true,
  replicas: true,
  retryBudget: { minPerSecond: true, ratio: true } satisfies OptionNames<RetryBudgetOptions>,
  retryConnectTime: true,
  retryTimes: true,
  routeContext: true,
  router: true,
  routerType: true,
  rpcDebugLog: true,
  rpcLogger: true,
  secret: true,
  share: {
    lead: true,
    maxCalls: true,
    maxServers: true,
    path: true,
    port: true,
    secret: true,
    tls: true,
  } satisfies OptionNames<ShareOptions>,
  streamIdleTimeout: true,
  streamWindow: { bytes: true, items: true, total: true } satisfies OptionNames<StreamWindowOptions>,
  timeout: true,
  tls: true,
}) satisfies OptionNames<ClientOptions>;

/** Times of calls that do not bring their own. Throws {@link RpcCode.InvalidArgument}. Unit: ms */
export function callTimes(given: ClientOptions): { readonly timeout: number; readonly streamIdleTimeout: number } {
  const { timeout, streamIdleTimeout } = CLIENT_DEFAULTS;
  return {
    timeout: timeoutMs('timeout', given.timeout, timeout),
    streamIdleTimeout: timeoutMs('streamIdleTimeout', given.streamIdleTimeout, streamIdleTimeout, 0),
  };
}
