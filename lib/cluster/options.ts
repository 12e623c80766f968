import type { Logger } from '../diagnostics.js';
import { quietLogger } from '../diagnostics.js';
import { boolean, integer, invalid, loggerOption, MAX_TIMEOUT_MS, nonEmptyString, timeoutMs } from '../options.js';
import type { Codec } from '../protocol/codec.js';
import { HEADER_BYTES } from '../protocol/packet.js';
import { formatKey } from './format-key.js';
import { type Transcode, transcodeCodec } from './transcode.js';

const MAX_FRAME_BYTES = 64 * 1024 * 1024;

/** The options of a shared client. Names and defaults are cluster-client's, where nothing else is said. */
export interface ClusterOptions {
  /** Names the channel: clients of one name share one real client. @default the name of the class */
  name?: string;
  /** The port that is competed for, on 127.0.0.1. @default 7777, or the environment's NODE_CLUSTER_CLIENT_PORT */
  port?: number;
  /** true: lead, or fail. false: never lead, wait for a Leader. null: whoever comes first. @default null */
  isLeader?: boolean | null;
  /** All in one process, without a port: one real client a name. @default false, or NODE_CLUSTER_CLIENT_SINGLE_MODE=1 */
  singleMode?: boolean;
  /** How long `ready()`, and a call, wait for somebody to lead. Unit: ms. @default 30_000 */
  maxWaitTime?: number;
  /** For connecting to the Leader and registering. Unit: ms. @default 10_000, or NODE_CLUSTER_CLIENT_CONNECT_TIMEOUT */
  connectTimeout?: number;
  /** The deadline of a call, once there is somebody to send it to. Unit: ms. @default 3_000 */
  responseTimeout?: number;
  /** Between two heartbeats. Unit: ms. @default 20_000 */
  heartbeatInterval?: number;
  /** The Leader drops a Follower that sends nothing in three heartbeats. @default true */
  isCheckHeartbeat?: boolean;
  /** Delegate `subscribe`, `unSubscribe`, `publish`, `close` and all async and generator methods by themselves. @default true */
  autoGenerate?: boolean;
  /** A value goes to all who have subscribed; false: to one of them, picked at random. @default true */
  isBroadcast?: boolean;
  /** An `error` is emitted when a subscription's first value takes longer. Unit: ms. @default never */
  subscribeTimeout?: number;
  /** Calls that may wait for somebody to lead; one more fails. @default 10_000 — mailstation's own */
  pendingSize?: number;
  /**
   * The largest frame, sent or received. cluster-client has no limit, and its encoding makes eight bytes of each one in a
   * Buffer. Unit: bytes. @default 64 MiB — mailstation's own
   */
  maxFrameBytes?: number;
  /** Send the stack of a failed method's error to Followers. @default false; cluster-client always does */
  exposeStack?: boolean;
  /** How values become bytes, at all ends alike. @default msgpack between mailstation's own, serialize-json toward others */
  transcode?: Transcode;
  /** The name of a subscription, and of what is published. @default its JSON */
  formatKey?: (reg: unknown) => string;
  /** There is no limit on listeners here; accepted for those who had to raise it. */
  maxListeners?: number;
  /** @default warnings and errors to stderr */
  logger?: Logger;
}

export interface ResolvedClusterOptions {
  readonly name: string;
  readonly port: number;
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
  readonly transcode: Codec | undefined;
  readonly formatKey: (reg: unknown) => string;
  readonly logger: Logger;
}

/** Throws {@link RpcCode.InvalidArgument}. The environment is read at each call, and only where an option is not given. */
export function resolveClusterOptions(given: ClusterOptions, className: string): ResolvedClusterOptions {
  const { env } = process;
  const { isLeader, subscribeTimeout } = given;
  if (typeof (isLeader ?? true) !== 'boolean') throw invalid('isLeader must be true, false or null');
  const name = given.name ?? className;
  if (name === '') throw invalid('the class has no name, so the shared client needs the option name');
  return Object.freeze({
    name: nonEmptyString('name', name),
    port: integer('port', given.port ?? fromEnvironment(env['NODE_CLUSTER_CLIENT_PORT']), 7777, 1, 65_535),
    isLeader: isLeader ?? undefined,
    singleMode: boolean('singleMode', given.singleMode, env['NODE_CLUSTER_CLIENT_SINGLE_MODE'] === '1'),
    maxWaitTime: timeoutMs('maxWaitTime', given.maxWaitTime, 30_000),
    connectTimeout: timeoutMs(
      'connectTimeout',
      given.connectTimeout ?? fromEnvironment(env['NODE_CLUSTER_CLIENT_CONNECT_TIMEOUT']),
      10_000,
    ),
    responseTimeout: timeoutMs('responseTimeout', given.responseTimeout, 3_000),
    heartbeatInterval: timeoutMs('heartbeatInterval', given.heartbeatInterval, 20_000),
    isCheckHeartbeat: boolean('isCheckHeartbeat', given.isCheckHeartbeat, true),
    autoGenerate: boolean('autoGenerate', given.autoGenerate, true),
    isBroadcast: boolean('isBroadcast', given.isBroadcast, true),
    // 0 and null mean "never", as in cluster-client.
    subscribeTimeout: subscribeTimeout
      ? integer('subscribeTimeout', subscribeTimeout, 0, 1, MAX_TIMEOUT_MS)
      : undefined,
    pendingSize: integer('pendingSize', given.pendingSize, 10_000, 0),
    maxFrameBytes: integer('maxFrameBytes', given.maxFrameBytes, MAX_FRAME_BYTES, HEADER_BYTES + 1, 2 ** 31),
    exposeStack: boolean('exposeStack', given.exposeStack, false),
    transcode: given.transcode === undefined ? undefined : transcodeCodec(given.transcode),
    formatKey: keyFormat(given.formatKey),
    logger: loggerOption('logger', given.logger, quietLogger),
  });
}

/** As cluster-client reads it: what is no number, or 0, says nothing. */
function fromEnvironment(text: string | undefined): number | undefined {
  return Number.parseInt(text ?? '', 10) || undefined;
}

function keyFormat(given: unknown): (reg: unknown) => string {
  if (given === undefined) return formatKey;
  if (typeof given !== 'function') throw invalid('formatKey must be a function');
  return (reg) => String(given(reg));
}
