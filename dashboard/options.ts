import { type Logger, quietLogger } from '../lib/diagnostics.js';
import { hostOption, listeningHost } from '../lib/host.js';
import { boolean, fieldsOf, integer, invalid, loggerOption, timeoutMs, unfit } from '../lib/options.js';
import type { EtcdOptions } from '../lib/registry/etcd/etcd-options.js';
import { type OptionNames, warnOfUnknownOptions } from '../lib/unknown-options.js';
import type { Client, ClientOptions } from '../node-client.js';

/** Options of a dashboard. At least one of `client`, `clients`, `servers` and `etcd` is needed. */
export interface DashboardOptions {
  /** Started client of the program: the servers in its roster are shown, and the client with its mailboxes and failed calls. @default none */
  client?: Client | undefined;
  /** Several such clients. @default none */
  clients?: readonly Client[] | undefined;
  /**
   * Addresses of servers: `tcp://127.0.0.1:3333`, `unix:/run/chat.sock`, `ws://127.0.0.1:8080/rpc`, `127.0.0.1:3333`, or `3333`. The dashboard
   * connects to them by a client of its own. @default none
   */
  servers?: readonly string[] | undefined;
  /** The etcd in which servers register; needs the package `@grpc/grpc-js`. @default none */
  etcd?: EtcdOptions | undefined;
  /** Options of the client that the dashboard makes for `servers` and `etcd`, such as `secret` and `tls`. @default none */
  connect?: ClientOptions | undefined;
  /** Address that the page is served at. Beyond this machine the token travels without encryption. @default '127.0.0.1' */
  host?: string | undefined;
  /** Port that the page is served at; 0: the system chooses. Range: 0 to 65535. @default 0 */
  port?: number | undefined;
  /** False: no port is opened, and an HTTP server of the program calls `dashboard.handler`. @default true */
  listen?: boolean | undefined;
  /** Path that the page is served at, such as `/ops/rpc`. @default '/' */
  basePath?: string | undefined;
  /**
   * Further names in the `Host` header under which the page may be reached, such as the name of a proxy. IP addresses, `localhost` and the
   * option `host` may be used anyway. @default none
   */
  allowedHosts?: readonly string[] | undefined;
  /**
   * Token in the address of the page: 16 characters or more. A given token stays valid; without one, the address has a random token, which
   * opens the page once. @default random
   */
  token?: string | undefined;
  /** Time between two states. Range: 100 to 60,000. Unit: ms. @default 1_000 */
  interval?: number | undefined;
  /** Time over which courses and recording reach back, at most 3,600 states. Unit: ms. @default 300_000 */
  history?: number | undefined;
  /** Let viewers call methods of the servers from the page. Each call is a log line. @default false */
  allowCalls?: boolean | undefined;
  /** Viewers at once; one more disconnects the oldest. Range: 1 to 1,000. @default 16 */
  maxViewers?: number | undefined;
  /** Called when a browser has opened the page, with the address for the next browser. @default none */
  onOpened?: ((url: string) => void) | undefined;
  /** Receiver of log lines. @default warnings and errors to stderr */
  logger?: Logger | undefined;
}

/** Options of a dashboard, checked and with their defaults. */
export interface ResolvedDashboardOptions {
  readonly clients: readonly Client[];
  readonly servers: readonly string[];
  readonly etcd: EtcdOptions | undefined;
  readonly connect: ClientOptions;
  readonly host: string;
  readonly port: number;
  readonly listen: boolean;
  /** Begins and ends with a slash. */
  readonly basePath: string;
  readonly allowedHosts: readonly string[];
  readonly token: string | undefined;
  readonly interval: number;
  readonly history: number;
  readonly allowCalls: boolean;
  readonly maxViewers: number;
  readonly onOpened: ((url: string) => void) | undefined;
  readonly logger: Logger;
}

export const DASHBOARD_DEFAULTS = Object.freeze({
  host: '127.0.0.1',
  port: 0,
  listen: true,
  basePath: '/',
  interval: 1_000,
  history: 300_000,
  allowCalls: false,
  maxViewers: 16,
}) satisfies Partial<DashboardOptions>;

const OPTION_NAMES = Object.freeze({
  ...{ client: true, clients: true, servers: true, etcd: true, connect: true, host: true, port: true, listen: true },
  ...{ basePath: true, allowedHosts: true, token: true, interval: true, history: true, allowCalls: true },
  ...{ maxViewers: true, onOpened: true, logger: true },
} as const) satisfies OptionNames<DashboardOptions>;

const MIN_TOKEN = 16;
const MAX_STATES = 3_600;
/** Characters that a path may have without being encoded. */
const PATH = /^[\w\-./~]*$/;

/** Checks the options. Throws {@link RpcCode.InvalidArgument}. */
export function resolveDashboardOptions(given: DashboardOptions): ResolvedDashboardOptions {
  fieldsOf('the argument of createDashboard()', given, 'an object of options, at least { client } or { servers }');
  const defaults = DASHBOARD_DEFAULTS;
  const logger = loggerOption('logger', given.logger, quietLogger);
  warnOfUnknownOptions(given, { owner: 'the dashboard', names: OPTION_NAMES }, logger);
  const clients = [...(given.client === undefined ? [] : [given.client]), ...list('clients', given.clients)];
  for (const client of clients)
    if (typeof client?.rpcInvoke !== 'function') throw unfit('client', 'a client that createClient() has made', client);
  const servers = list('servers', given.servers);
  for (const server of servers)
    if (typeof server !== 'string') throw unfit('each of servers', 'an address, such as tcp://127.0.0.1:3333', server);
  if (clients.length === 0 && servers.length === 0 && given.etcd === undefined)
    throw invalid('the dashboard has nothing to show: give client, clients, servers or etcd');
  const { onOpened } = given;
  if (onOpened !== undefined && typeof onOpened !== 'function') throw unfit('onOpened', 'a function', onOpened);
  const interval = timeoutMs('interval', given.interval, defaults.interval, 100);
  if (interval > 60_000) throw unfit('interval', 'an integer from 100 to 60000 ms', interval);
  const history = timeoutMs('history', given.history, defaults.history, interval);
  return {
    ...{ clients, servers, etcd: given.etcd, connect: given.connect ?? {}, logger, interval, onOpened },
    host: listeningHost(hostOption('host', given.host ?? defaults.host)),
    port: integer('port', given.port, defaults.port, 0, 65_535),
    listen: boolean('listen', given.listen, defaults.listen),
    basePath: basePathOf(given.basePath ?? defaults.basePath),
    allowedHosts: list('allowedHosts', given.allowedHosts).map((host) => hostOption('each of allowedHosts', host)),
    token: tokenOption(given.token),
    history: Math.min(history, interval * MAX_STATES),
    allowCalls: boolean('allowCalls', given.allowCalls, defaults.allowCalls),
    maxViewers: integer('maxViewers', given.maxViewers, defaults.maxViewers, 1, 1_000),
  };
}

function list<Item>(name: string, given: readonly Item[] | undefined): readonly Item[] {
  if (given === undefined) return [];
  if (Array.isArray(given)) return given;
  throw unfit(name, 'a list', given);
}

function basePathOf(given: unknown): string {
  if (typeof given !== 'string' || !PATH.test(given) || given.includes('//') || /(^|\/)\.\.?(\/|$)/.test(given))
    throw unfit('basePath', 'a path of letters, digits, - . _ ~ and single slashes, such as /ops/rpc', given);
  const inner = given.replace(/^\/|\/$/g, '');
  return inner === '' ? '/' : `/${inner}/`;
}

function tokenOption(given: unknown): string | undefined {
  if (given === undefined) return undefined;
  if (typeof given === 'string' && given.length >= MIN_TOKEN && /^[\w\-.~]+$/.test(given)) return given;
  throw invalid(
    `token must be a text of ${MIN_TOKEN} or more letters, digits and - . _ ~, for the address of the page`,
  );
}
