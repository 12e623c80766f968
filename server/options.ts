import { type Logger, quietLogger } from '../lib/diagnostics.js';
import type { AcceptorFactory } from '../lib/leader/acceptor.js';
import { LISTENING_DEFAULTS, type ListeningOptions } from '../lib/leader/options.js';
import type { StreamWindowOptions } from '../lib/protocol/stream-window-options.js';
import type { AdvertiseOptions } from '../lib/registry/advertise.js';
import type { Election } from '../lib/registry/election.js';
import type { Registry } from '../lib/registry/registry.js';
import { SERVICE_DEFAULTS, type ServiceOptions } from '../lib/service/options.js';
import type { AuthorizationOptions } from '../lib/serving/authorization.js';
import type { ExpectedErrors } from '../lib/serving/call-failures.js';
import type { OptionNames } from '../lib/unknown-options.js';

/** Logger by default. The line on where a server listens goes to stderr too, so that stdout is the program's own. */
export const consoleLogger: Logger = { ...quietLogger, info: (message) => console.error(message) };

/** Options of a server. docs/options.md lists all of them, with units, defaults and ranges. */
export interface ServerOptions extends ListeningOptions, ServiceOptions, AuthorizationOptions {
  /**
   * Name of the channel that callers register on. Without a name, a server serves callers of every id, as one of
   * pomelo-rpc does.
   * @default none
   */
  id?: string | undefined;
  /** Type of the server, for messages and for `server.serverType`. Callers find servers by their own rosters. */
  serverType?: string | undefined;
  /**
   * How long `stop()` lets running calls finish before they are cut off. The default is the default deadline of a call.
   * Unit: ms. Range: 0 to 2^31 - 1.
   * @default 30_000
   */
  drainTimeout?: number | undefined;
  /**
   * Stand by where a process with the same id holds the port, and take over when that process ends. Without this option
   * a held port is an error. A standby needs an id, and a port that is not 0.
   * @default false
   */
  standby?: boolean | undefined;
  /**
   * Election over all machines of the {@link ServerOptions.registry}, in place of the port, for a server with `standby: true`: the elected
   * server listens and registers, and the others of the id stand by, on this machine and on others. Port 0 is allowed. A server that
   * loses the election refuses calls at once, emits `deposed`, and campaigns again. Source: `registry.election(name)`.
   * @default none
   */
  election?: Election | undefined;
  /**
   * Registry in which callers find the server: `etcd()` or `memory()`. The server registers when it listens, and `start()` resolves when
   * that is done. `stop()` first announces the end, so that callers choose other servers. Needs `id` and `serverType`.
   * @default none
   */
  registry?: Registry | undefined;
  /**
   * How long `start()` waits for {@link ServerOptions.registry}.
   * Unit: ms. Range: 1 to 2^31 - 1.
   * @default 30_000
   */
  registryTimeout?: number | undefined;
  /**
   * Host at which callers reach the server, where that is another one than the server listens on, or an object with more, see {@link
   * AdvertiseOptions}. Required with a registry where the server listens on all addresses (`0.0.0.0`, `::`).
   * @default the first place that the server listens at
   */
  advertise?: string | AdvertiseOptions | undefined;
  /**
   * Makes a custom transport in place of the built-in ones; see {@link AcceptorFactory}. Source: pomelo-rpc.
   * @default built-in transports
   */
  acceptorFactory?: AcceptorFactory | undefined;
  /** Receiver of log lines. @default warnings, errors, and one line with the address, to stderr */
  logger?: Logger | undefined;
  /**
   * Errors with which methods fail in the normal course, such as `['E_NO_MONEY']`: codes, each of which is looked up in the
   * error, its causes and the errors that it gathers, or a function that returns true for such an error. The server does not
   * log these failures, and logs all others with their stack, at most one a second for each method. The event `callFailed`
   * reports both kinds. The option stays with the server: a mark on the error would be missing on errors of libraries,
   * frozen errors and called back objects.
   * @default none
   */
  expectedErrors?: ExpectedErrors | undefined;
  /**
   * Answer the methods of `$mailstation`, with which callers ask the server what it has and does: methods, health, figures. Callers that have
   * proven a certificate or a secret may ask, and all others where strangers cannot come in: on this machine alone, or with a secret.
   * Elsewhere, and web pages, where `expose` names the methods (`$mailstation.health.*`). See docs/inspect.md.
   * @default true
   */
  inspect?: boolean | undefined;
  /**
   * Count the calls of each method, with their latencies and failures, for `$mailstation.stats.read`, `server.stats()` and metrics.
   * docs/inspect.md says what that costs a call.
   * @default true
   */
  callStats?: boolean | undefined;
  /**
   * Duration from which a call is listed as slow in `$mailstation.calls.recent`, queue included, with `callStats`. Unit: ms. Range: 0 and above.
   * @default 250
   */
  slowCall?: number | undefined;
  /** pomelo-rpc's name of {@link ServerOptions.logger}; `info` and `error` are enough. Source: pomelo-rpc. */
  rpcLogger?: (Pick<Logger, 'error'> & Partial<Logger>) | undefined;
  /** Log each call when it is answered; never its arguments. Source: pomelo-rpc. @default false */
  rpcDebugLog?: boolean | undefined;
}

export const SERVER_DEFAULTS = Object.freeze({
  ...LISTENING_DEFAULTS,
  ...SERVICE_DEFAULTS,
  drainTimeout: 30_000,
  standby: false,
  rpcDebugLog: false,
  inspect: true,
  callStats: true,
  slowCall: 250,
  registryTimeout: 30_000,
}) satisfies Partial<ServerOptions>;

/** Every option of a server. A name that is missing here does not compile. */
export const SERVER_OPTION_NAMES = Object.freeze({
  abandonedTimeout: true,
  acceptorFactory: true,
  advertise: { fields: true, host: true, url: true, weight: true } satisfies OptionNames<AdvertiseOptions>,
  allowedOrigins: true,
  asyncContext: true,
  authenticate: true,
  authorize: true,
  bufferMsg: true,
  buffMsg: true,
  callbacks: true,
  callStats: true,
  callerShare: true,
  context: true,
  drainTimeout: true,
  election: true,
  expectedErrors: true,
  expose: true,
  exposeStack: true,
  handshakeTimeout: true,
  host: true,
  id: true,
  insecure: true,
  inspect: true,
  interval: true,
  keepalive: true,
  listen: true,
  logger: true,
  maxAbandoned: true,
  maxCallsPerConnection: true,
  maxConcurrent: true,
  maxConnections: true,
  maxEventLoopLag: true,
  maxFrameBytes: true,
  maxQueued: true,
  maxPartialBytes: true,
  maxQueuedBytes: true,
  maxStreams: true,
  streamWindow: { bytes: true, items: true, total: true } satisfies OptionNames<StreamWindowOptions>,
  maxUnreadBytes: true,
  maxUnregistered: true,
  paths: true,
  pkgSize: true,
  port: true,
  registry: true,
  registryTimeout: true,
  reloadRemotes: true,
  rpcDebugLog: true,
  rpcLogger: true,
  secret: true,
  serverType: true,
  services: true,
  slowCall: true,
  standby: true,
  tls: true,
  transport: true,
  whitelist: true,
}) satisfies OptionNames<ServerOptions>;
