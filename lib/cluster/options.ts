import type { SecretOption } from '../auth/secret-option.js';
import { resolveSecrets, type Secrets } from '../auth/secrets.js';
import { clientIdOption } from '../client-id.js';
import type { Logger } from '../diagnostics.js';
import { quietLogger } from '../diagnostics.js';
import type { Endpoint } from '../endpoint.js';
import { requireSafeDoor } from '../leader/safe-door.js';
import { boolean, integer, invalid, loggerOption, nonEmptyString, timeoutMs, unfit } from '../options.js';
import type { Codec } from '../protocol/codec.js';
import { frameLimit } from '../protocol/framer.js';
import { type ExpectedErrors, resolveExpectedErrors } from '../serving/call-failures.js';
import { TlsMaterial } from '../transport/tls-material.js';
import type { TlsOptions } from '../transport/tls-options.js';
import { type OptionNames, warnOfUnknownOptions } from '../unknown-options.js';
import {
  type ClusterElectionOptions,
  type ResolvedClusterElection,
  resolveClusterElection,
} from './election-options.js';
import { fromEnvironment, meetingPlaceOf } from './environment.js';
import { formatKey } from './format-key.js';
import { type Transcode, transcodeCodec } from './transcode.js';

/** Options of a shared client. Names and defaults are cluster-client's, except where an option names another source. */
export interface ClusterOptions extends ClusterElectionOptions {
  /** Name of the channel. Clients of one name share one real client. @default the name of the class */
  name?: string | undefined;
  /**
   * Port on 127.0.0.1 that the processes compete for. The environment's NODE_CLUSTER_CLIENT_PORT goes before the default. A
   * string of digits is taken for its number, and a path for {@link ClusterOptions.path}. Range: 1 to 65535. With `election`: port that the
   * elected process listens on for this client alone, or 0, which is the default there, for one that the system chooses.
   * @default 7777
   */
  port?: number | string | undefined;
  /**
   * Path of a unix socket that the processes compete for, in place of a port: programs of other users cannot connect. A folder that
   * does not exist is made for the user of this process alone. Source: mailstation.
   * @default a port
   */
  path?: string | undefined;
  /**
   * TLS between the processes, at the port: certificate and authorities for both roles. With `ca`, programs without a certificate of
   * that authority can neither lead nor follow. The certificate needs the name 127.0.0.1, or the name in `servername`. Source:
   * mailstation.
   * @default no TLS
   */
  tls?: TlsOptions | undefined;
  /** `true`: lead, or fail. `false`: never lead, and wait for a Leader. `null`: the first process leads. @default null */
  isLeader?: boolean | null | undefined;
  /**
   * Share within this process only, without a port: one real client a name. The environment's
   * NODE_CLUSTER_CLIENT_SINGLE_MODE=1 goes before the default.
   * @default false
   */
  singleMode?: boolean | undefined;
  /**
   * How long `ready()`, and a call, wait for a Leader.
   * Unit: ms. Range: 1 to 2^31 - 1.
   * @default 30_000
   */
  maxWaitTime?: number | undefined;
  /**
   * How long connecting to the Leader and registering may take. The environment's NODE_CLUSTER_CLIENT_CONNECT_TIMEOUT goes
   * before the default.
   * Unit: ms. Range: 1 to 2^31 - 1.
   * @default 10_000
   */
  connectTimeout?: number | undefined;
  /**
   * Deadline of a call, from the moment when a Leader takes calls.
   * Unit: ms. Range: 1 to 2^31 - 1.
   * @default 3_000
   */
  responseTimeout?: number | undefined;
  /** Time between two heartbeats. Unit: ms. Range: 1 to 2^31 - 1. @default 20_000 */
  heartbeatInterval?: number | undefined;
  /** Whether the Leader drops a Follower that sends nothing during three heartbeats. @default true */
  isCheckHeartbeat?: boolean | undefined;
  /**
   * Delegate `subscribe`, `unSubscribe`, `publish`, `close`, all async and generator methods, and async generators as streams, without
   * being named.
   * @default true
   */
  autoGenerate?: boolean | undefined;
  /** Whether a value goes to all subscribers; `false`: to one of them, chosen at random. @default true */
  isBroadcast?: boolean | undefined;
  /**
   * How long the first value of a subscription may take before an `error` is emitted. 0: without end.
   * Unit: ms. Range: 0 to 2^31 - 1.
   * @default without end
   */
  subscribeTimeout?: number | undefined;
  /**
   * Calls that may wait for a Leader. Past this number a call fails with `ERR_RPC_PENDING_FULL`.
   * Unit: calls. Range: from 0. Source: mailstation.
   * @default 10_000
   */
  pendingSize?: number | undefined;
  /**
   * Size of the largest frame, sent or received. cluster-client has no limit, and encodes each byte of a Buffer as eight.
   * Unit: bytes. Range: 25 to 2^31. Source: mailstation.
   * @default 67_108_864
   */
  maxFrameBytes?: number | undefined;
  /** Send the stack of a failed method's error to Followers, as cluster-client always does. Source: mailstation. @default false */
  exposeStack?: boolean | undefined;
  /**
   * Whether calls in the process that leads, and in single mode, get copies of arguments, results and errors, as calls of
   * Followers do. `false`: caller and real client share the same objects there, as in cluster-client, which is the default of `mailstation/cluster-client`. Source: mailstation.
   * @default true
   */
  localCopies?: boolean | undefined;
  /**
   * Whether `responseTimeout` also holds for calls in the process that leads, and in single mode. `false`: these calls have
   * no deadline, as in cluster-client, which is the default of `mailstation/cluster-client`. Source: mailstation.
   * @default true
   */
  localDeadline?: boolean | undefined;
  /**
   * Name of this process for the methods of the real client, as `callContext().caller.id`, and for the events of the process
   * that leads. Not proved by anything. Range: 1 to 128 characters without control characters. Source: mailstation.
   * @default `process` and the process id
   */
  clientId?: string;
  /**
   * Errors with which the real client fails in the normal course: codes, or a function. The process that leads logs all other
   * failed calls with their stack, at most one a second for each method. Source: mailstation.
   * @default none
   */
  expectedErrors?: ExpectedErrors | undefined;
  /**
   * Secret that the processes must know to share the client, see {@link SecretOption}. Use the same in all processes. A process
   * without it, or with cluster-client, is refused. Range: 1 to 16 secrets of 16 to 1,024 bytes. Source: mailstation.
   * @default none
   */
  secret?: SecretOption | undefined;
  /** How values become bytes. Use the same in all processes. @default msgpack between mailstation's own, serialize-json toward others */
  transcode?: Transcode | undefined;
  /** Makes the key of a subscription, and of a published value, from what was given. @default the JSON of what was given */
  formatKey?: ((reg: unknown) => string) | undefined;
  /** Accepted for programs that had to raise cluster-client's limit. Listeners are not limited here. */
  maxListeners?: number | undefined;
  /** Receiver of log lines. @default warnings and errors to stderr */
  logger?: Logger | undefined;
}

export const CLUSTER_DEFAULTS = Object.freeze({
  port: 7777,
  isLeader: null,
  singleMode: false,
  maxWaitTime: 30_000,
  connectTimeout: 10_000,
  responseTimeout: 3_000,
  heartbeatInterval: 20_000,
  isCheckHeartbeat: true,
  autoGenerate: true,
  isBroadcast: true,
  pendingSize: 10_000,
  maxFrameBytes: 64 * 1024 * 1024,
  exposeStack: false,
  localCopies: true,
  localDeadline: true,
}) satisfies ClusterOptions;

export interface ResolvedClusterOptions {
  readonly name: string;
  /** The place that the processes compete for; with an election, the one at which the elected process listens. */
  readonly endpoint: Endpoint;
  /** Undefined: the processes of one machine compete for the endpoint. */
  readonly election?: ResolvedClusterElection;
  /** The port of that place, which programs written for cluster-client read in `client.options`; undefined for a unix socket. */
  readonly port: number | undefined;
  readonly tls?: TlsMaterial;
  readonly isLeader: boolean | undefined;
  readonly singleMode: boolean;
  readonly maxWaitTime: number;
  readonly connectTimeout: number;
  readonly responseTimeout: number;
  readonly heartbeatInterval: number;
  readonly isCheckHeartbeat: boolean;
  readonly autoGenerate: boolean;
  readonly isBroadcast: boolean;
  readonly subscribeTimeout: number | undefined;
  readonly pendingSize: number;
  readonly maxFrameBytes: number;
  readonly exposeStack: boolean;
  readonly localCopies: boolean;
  readonly localDeadline: boolean;
  readonly clientId: string;
  readonly expectedErrors: ExpectedErrors;
  readonly secrets: Secrets | undefined;
  readonly transcode: Codec | undefined;
  readonly formatKey: (reg: unknown) => string;
  readonly logger: Logger;
}

/** Every option of `cluster()`. A name that is missing here does not compile. */
export const CLUSTER_OPTION_NAMES = Object.freeze({
  advertise: true,
  autoGenerate: true,
  clientId: true,
  connectTimeout: true,
  election: true,
  expectedErrors: true,
  exposeStack: true,
  formatKey: true,
  heartbeatInterval: true,
  host: true,
  insecure: true,
  isBroadcast: true,
  isCheckHeartbeat: true,
  isLeader: true,
  localCopies: true,
  localDeadline: true,
  logger: true,
  maxFrameBytes: true,
  maxListeners: true,
  maxWaitTime: true,
  name: true,
  path: true,
  pendingSize: true,
  port: true,
  responseTimeout: true,
  secret: true,
  share: true,
  singleMode: true,
  subscribeTimeout: true,
  tls: true,
  transcode: true,
}) satisfies OptionNames<ClusterOptions>;

/**
 * Checks the options. Throws {@link RpcCode.InvalidArgument}, and {@link RpcCode.Insecure} for an address beyond loopback that is open to all. The environment is read at each call, for options that are not
 * given.
 */
export function resolveClusterOptions(given: ClusterOptions, className: string): ResolvedClusterOptions {
  const defaults = CLUSTER_DEFAULTS;
  const { env } = process;
  const { isLeader, subscribeTimeout } = given;
  if (typeof (isLeader ?? true) !== 'boolean') throw unfit('isLeader', 'true, false or null', isLeader);
  const logger = loggerOption('logger', given.logger, quietLogger);
  warnOfUnknownOptions(given, { owner: 'cluster()', names: CLUSTER_OPTION_NAMES }, logger);
  const name = given.name ?? className;
  if (name === '') throw invalid('the shared client has no name, because the class has none; give the option name');
  const election = resolveClusterElection(given);
  const endpoint = election?.endpoint ?? meetingPlaceOf(given, env['NODE_CLUSTER_CLIENT_PORT'], defaults.port);
  const tls = given.tls === undefined ? undefined : new TlsMaterial(given.tls);
  if (isLeader !== false) tls?.requireOwn();
  if (election !== undefined && isLeader !== false)
    requireSafeDoor(endpoint, { insecure: election.insecure, hasSecret: given.secret !== undefined, tls });
  return Object.freeze({
    name: nonEmptyString('name', name),
    endpoint,
    port: endpoint.transport === 'unix' ? undefined : endpoint.port,
    ...(tls && { tls }),
    ...(election && { election }),
    isLeader: isLeader ?? undefined,
    singleMode:
      election === undefined && boolean('singleMode', given.singleMode, env['NODE_CLUSTER_CLIENT_SINGLE_MODE'] === '1'),
    maxWaitTime: timeoutMs('maxWaitTime', given.maxWaitTime, defaults.maxWaitTime),
    connectTimeout: timeoutMs(
      'connectTimeout',
      given.connectTimeout ?? fromEnvironment(env['NODE_CLUSTER_CLIENT_CONNECT_TIMEOUT']),
      defaults.connectTimeout,
    ),
    responseTimeout: timeoutMs('responseTimeout', given.responseTimeout, defaults.responseTimeout),
    heartbeatInterval: timeoutMs('heartbeatInterval', given.heartbeatInterval, defaults.heartbeatInterval),
    isCheckHeartbeat: boolean('isCheckHeartbeat', given.isCheckHeartbeat, defaults.isCheckHeartbeat),
    autoGenerate: boolean('autoGenerate', given.autoGenerate, defaults.autoGenerate),
    isBroadcast: boolean('isBroadcast', given.isBroadcast, defaults.isBroadcast),
    // 0 and null: no limit, as in cluster-client.
    subscribeTimeout: subscribeTimeout ? timeoutMs('subscribeTimeout', subscribeTimeout, 0) : undefined,
    pendingSize: integer('pendingSize', given.pendingSize, defaults.pendingSize, 0),
    maxFrameBytes: frameLimit('maxFrameBytes', given.maxFrameBytes, defaults.maxFrameBytes),
    clientId: given.clientId === undefined ? `process ${process.pid}` : clientIdOption(given.clientId),
    expectedErrors: resolveExpectedErrors(given.expectedErrors),
    exposeStack: boolean('exposeStack', given.exposeStack, defaults.exposeStack),
    localCopies: boolean('localCopies', given.localCopies, defaults.localCopies),
    localDeadline: boolean('localDeadline', given.localDeadline, defaults.localDeadline),
    secrets: resolveSecrets('secret', given.secret, logger),
    transcode: given.transcode === undefined ? undefined : transcodeCodec(given.transcode),
    formatKey: keyFormat(given.formatKey),
    logger,
  });
}

function keyFormat(given: unknown): (reg: unknown) => string {
  if (given === undefined) return formatKey;
  if (typeof given !== 'function') throw unfit('formatKey', 'a function', given);
  return (reg) => String(given(reg));
}
