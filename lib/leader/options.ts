import { type Authenticate, authenticateOption } from '../auth/authenticate-option.js';
import type { SecretOption } from '../auth/secret-option.js';
import { resolveSecrets, type Secrets } from '../auth/secrets.js';
import type { Logger } from '../diagnostics.js';
import { boolean, fraction, integer, timeoutMs } from '../options.js';
import { frameLimit } from '../protocol/framer.js';
import { resolveStreamWindow, type StreamWindowOptions } from '../protocol/stream-window-options.js';
import { SERVER_INFO_DEFAULTS, type TransportName } from '../server-info.js';
import { CONNECTION_DEFAULTS, DEFAULT_MAX_IN_FLIGHT } from '../transport/connection-defaults.js';
import type { TlsOptions } from '../transport/tls-options.js';
import type { ChannelAcceptorOptions } from './channel-acceptor.js';
import { type ListenEntry, resolveDoors } from './doors.js';
import { entranceOf } from './entrance-rules.js';
import type { HttpListenEntry } from './http-door.js';
import { resolveWhitelist, type Whitelist } from './whitelist.js';

/** Address and transport of a server, the peers that are admitted, and the limits on what peers may send. */
export interface ListeningOptions {
  /**
   * Port to listen on. 0: the system chooses; `server.port` has the number. A string of digits is taken for its number.
   * Required unless {@link ListeningOptions.listen} is given. Range: 0 to 65535. Source: pomelo-rpc.
   */
  port?: number | string | undefined;
  /**
   * Places to listen at, in place of port, host and transport: a URL such as `tls://0.0.0.0:3333`, `unix:/run/chat/rpc.sock` or
   * `ws://127.0.0.1:8080/rpc`, a {@link ListenEntry}, an {@link HttpListenEntry} for a path of an existing HTTP server,
   * or a list of these. The server takes all of them or none, in this order. A standby competes for the first place. Range: 1 to 16 places.
   */
  listen?: string | ListenEntry | HttpListenEntry | readonly (string | ListenEntry | HttpListenEntry)[] | undefined;
  /**
   * Address or name to listen on. `localhost` and `::1` are 127.0.0.1. Any address beyond loopback needs {@link
   * ListeningOptions.tls}, {@link ListeningOptions.secret}, or {@link ListeningOptions.insecure}.
   * @default '127.0.0.1'
   */
  host?: string | undefined;
  /** Transport of the connections; without it and with {@link ListeningOptions.tls}, `tls`. Range: 'tcp', 'tls', 'ws' or 'wss'. @default 'tcp' */
  transport?: TransportName | undefined;
  /**
   * Secret that callers must know, see {@link SecretOption}: both ends prove that they know it before anything else is sent, and the
   * secret itself is never sent. A caller may know any of several secrets. A Follower of cluster-client, and a caller without the
   * option, is refused. A web page can keep no secret: it is refused too, unless `authenticate` accepts its token. Files are read
   * again when they have changed. Range: 1 to 16 secrets of 16 to 1,024 bytes.
   * @default none
   */
  secret?: SecretOption | undefined;
  /**
   * Decides whether a caller may register, by the token that its client gives as `auth`; see {@link Authenticate}. The result is
   * `callContext().caller.identity.proven.token`. Asked once for each connection, within `handshakeTimeout`.
   * @default every caller may register
   */
  authenticate?: Authenticate | undefined;
  /**
   * Certificate of the server, and the rules for the certificates of callers; see {@link TlsOptions}. Files are read again when they
   * change, without a restart and without the loss of a connection; `server.reloadTls()` does so at once. With `ca`, each caller needs
   * a certificate, whose name a method finds in `callContext().caller`.
   * @default no TLS
   */
  tls?: TlsOptions | undefined;
  /** Listen beyond loopback also without TLS and a secret: nothing is encrypted there, and no peer proves its identity. @default false */
  insecure?: boolean | undefined;
  /**
   * Peers that may connect, by address. Others are refused before anything is read (over `ws`: anything but the upgrade).
   * Strings are addresses, and patterns must match the whole of an address. IPv4 peers on an IPv6 socket are IPv4 peers, and
   * peers on a unix socket have 127.0.0.1. A function is asked at each connection; when the function fails, the peer is refused.
   * A standby reaches its Leader from this machine, so this machine's address must be in the list. Source: pomelo-rpc.
   * @default every peer that can reach the port
   */
  whitelist?: Whitelist | undefined;
  /**
   * Web pages that may connect over `ws`: origins exactly as browsers send them, such as `https://admin.example.com` or
   * `http://localhost:8080`. Browsers let any page connect to any address, this machine's own included, and send the
   * page's origin along. Programs that are no browser send no origin, and need none.
   * @default none
   */
  allowedOrigins?: readonly string[] | undefined;
  /** Send the stack of a failed method's error to the caller. @default false */
  exposeStack?: boolean | undefined;
  /**
   * Time between two heartbeats. A caller that sends nothing during two of them is taken for dead.
   * Unit: ms. Range: 1 to 2^31 - 1. Source: pomelo-rpc.
   * @default 10_000
   */
  keepalive?: number | undefined;
  /** Gather answers for {@link ListeningOptions.interval} before they are written. Source: pomelo-rpc. @default false */
  bufferMsg?: boolean | undefined;
  /** Older name of {@link ListeningOptions.bufferMsg}. Source: pomelo-rpc. */
  buffMsg?: boolean | undefined;
  /**
   * With `bufferMsg`: how long answers are gathered.
   * Unit: ms. Range: 1 to 2^31 - 1. Source: pomelo-rpc.
   * @default 50
   */
  interval?: number | undefined;
  /**
   * Size of the largest frame, sent or received.
   * Unit: bytes. Range: 25 to 2^31. Source: gRPC.
   * @default 4_194_304
   */
  maxFrameBytes?: number | undefined;
  /** pomelo-rpc's name of {@link ListeningOptions.maxFrameBytes}. Source: pomelo-rpc. */
  pkgSize?: number | undefined;
  /**
   * Bytes that may wait to be written to one caller. No request of a caller is handled while the caller does not read its
   * answers. A result of a running call that finds no room is dropped: the caller gets `ERR_RPC_QUEUE_FULL` in its place. A
   * caller that reads none of those, another megabyte, is cut off.
   * Unit: bytes. Range: from 0.
   * @default 16_777_216
   */
  maxQueuedBytes?: number | undefined;
  /**
   * Bytes of answers and pushes that may wait to be written, over all connections. Over this number, those callers are
   * disconnected who have not read most bytes for longest, in bytes times ms; the others are served. The default fits a
   * container of 512 MiB, together with `maxPartialBytes`. Where `maxFrameBytes` is larger, that is the default.
   * Unit: bytes. Range: from 0.
   * @default 134_217_728
   */
  maxUnreadBytes?: number | undefined;
  /**
   * Bytes of requests that may have arrived in part, or wait for their caller to read answers, over all connections. Over
   * this number callers are disconnected as with `maxUnreadBytes`. Buffers of up to 4 KiB for each connection do not count.
   * A caller that has not registered may send 66,584 bytes in one frame. Where `maxFrameBytes` is larger, that is the
   * default.
   * Unit: bytes. Range: from 0.
   * @default 67_108_864
   */
  maxPartialBytes?: number | undefined;
  /**
   * Connections at once. One more evicts the oldest that has not registered; where all have registered, the new one is
   * refused.
   * Unit: connections. Range: from 1.
   * @default 10_000
   */
  maxConnections?: number | undefined;
  /**
   * Connections that have not registered on a channel. One more evicts the oldest of them.
   * Unit: connections. Range: from 1.
   * @default 1_000
   */
  maxUnregistered?: number | undefined;
  /**
   * How long a connection may take to register, or to send the rest of a frame.
   * Unit: ms. Range: 1 to 2^31 - 1.
   * @default 10_000
   */
  handshakeTimeout?: number | undefined;
  /**
   * Calls that run at once, over all connections, each until its method has answered (a one-way call until its deadline at
   * the latest). Further calls wait: see {@link ListeningOptions.maxQueued}. The author of a server knows how much the
   * server can do at once; the default ends a pile-up before memory runs out, at twice what one caller can cause.
   * Unit: calls. Range: from 1.
   * @default 100_000
   */
  maxConcurrent?: number | undefined;
  /**
   * Calls that may wait for a running one to end, in the order of their arrival, each until its own deadline. Past this
   * number a call is refused with `ERR_RPC_OVERLOADED` and `delivery: 'not-sent'`. A one-way call is dropped, and the log
   * counts the dropped ones.
   * Unit: calls. Range: from 0.
   * @default 1_000
   */
  maxQueued?: number | undefined;
  /**
   * Calls of one connection, running and waiting, so that one caller cannot take every place. Past this number they are
   * refused, as with `maxQueued`. The default equals a client's `maxInFlight`, so clients hold calls back by themselves.
   * Unit: calls. Range: from 1.
   * @default 50_000
   */
  maxCallsPerConnection?: number | undefined;
  /**
   * Streams that one connection may have open at once. Ten times as many may have ended there with items that their readers
   * have not taken. A further one is refused with `ERR_RPC_OVERLOADED`.
   * Unit: streams. Range: from 1.
   * @default 1_000
   */
  maxStreams?: number | undefined;
  /**
   * How far callers that send a stream (`with({ stream })`) may be ahead of the method that reads it. An object, see
   * {@link StreamWindowOptions}.
   */
  streamWindow?: StreamWindowOptions | undefined;
  /**
   * Share of the free places that one connection may take: at most this part of the places that are free or its own. The last tenth of
   * all places is for small callers: a connection may reach into it with a thousandth of `maxConcurrent`, and always with one
   * call. A further call of the connection waits in the queue, which is divided in the same way. 0: one call each. 1: no limit. A server with
   * `maxConcurrent` below 4 does not divide its places.
   * Unit: share. Range: 0 to 1.
   * @default 0.7
   */
  callerShare?: number | undefined;
  /**
   * Calls that are still running although the connection of the caller has ended, or the deadline is long past (as much time
   * again as the call had, and 60 s at most). They are counted apart from `maxConcurrent`, and the log and the event `abandoned`
   * name the method. Past this number they keep their places among the running calls, so that a full server refuses calls.
   * Unit: calls. Range: from 0.
   * @default the value of `maxConcurrent`
   */
  maxAbandoned?: number | undefined;
  /**
   * Time after which such a call no longer counts at all, so that a method that forgets its callback once in a while does not
   * lock its server.
   * Unit: ms. Range: 1 to 2^31 - 1.
   * @default 300_000
   */
  abandonedTimeout?: number | undefined;
  /**
   * Smoothed lag of the event loop above which calls are refused, as with `maxQueued`; likewise a call that has waited so long for
   * its turn, behind methods that take the processor. 0: never. pomelo's toobusy filter has 70.
   * Unit: ms. Range: 0 to 2^31 - 1.
   * @default 0
   */
  maxEventLoopLag?: number | undefined;
}

export const LISTENING_DEFAULTS = Object.freeze({
  ...CONNECTION_DEFAULTS,
  host: SERVER_INFO_DEFAULTS.host,
  transport: SERVER_INFO_DEFAULTS.transport,
  insecure: false,
  exposeStack: false,
  maxUnreadBytes: 128 * 1024 * 1024,
  maxPartialBytes: 64 * 1024 * 1024,
  maxConnections: 10_000,
  maxUnregistered: 1_000,
  handshakeTimeout: 10_000,
  maxConcurrent: 100_000,
  maxQueued: 1_000,
  maxCallsPerConnection: DEFAULT_MAX_IN_FLIGHT,
  maxStreams: 1_000,
  callerShare: 0.7,
  abandonedTimeout: 300_000,
  maxEventLoopLag: 0,
}) satisfies Partial<ListeningOptions>;

/** The {@link ChannelAcceptorOptions} that come from the user's options. */
export type ResolvedListeningOptions = Omit<
  ChannelAcceptorOptions,
  'onSession' | 'onSessionClosed' | 'onAbandoned' | 'onError'
> & {
  /** Secrets of this end; a standby proves them to its Leader. */
  readonly secrets: Secrets | undefined;
};

export function resolveListeningOptions(given: ListeningOptions, logger: Logger): ResolvedListeningOptions {
  const defaults = LISTENING_DEFAULTS;
  const buffered = boolean('bufferMsg', given.bufferMsg, defaults.bufferMsg);
  const maxConcurrent = integer('maxConcurrent', given.maxConcurrent, defaults.maxConcurrent, 1);
  const interval = timeoutMs('interval', given.interval, defaults.interval);
  const maxFrameBytes = frameLimit('maxFrameBytes', given.maxFrameBytes, defaults.maxFrameBytes);
  const handshakeTimeout = timeoutMs('handshakeTimeout', given.handshakeTimeout, defaults.handshakeTimeout);
  const secrets = resolveSecrets('secret', given.secret, logger);
  return Object.freeze({
    logger,
    secrets,
    hasSecret: secrets !== undefined,
    entrance: entranceOf({ secrets, authenticate: authenticateOption(given.authenticate), handshakeTimeout }),
    doors: resolveDoors(given),
    insecure: boolean('insecure', given.insecure, defaults.insecure),
    admits: resolveWhitelist(given.whitelist, logger),
    exposeStack: boolean('exposeStack', given.exposeStack, defaults.exposeStack),
    heartbeatInterval: timeoutMs('keepalive', given.keepalive, defaults.keepalive),
    flushInterval: buffered ? interval : 0,
    maxFrameBytes,
    maxQueuedBytes: integer('maxQueuedBytes', given.maxQueuedBytes, defaults.maxQueuedBytes, 0),
    // A single frame of the largest size must fit.
    maxUnreadBytes: integer(
      'maxUnreadBytes',
      given.maxUnreadBytes,
      Math.max(defaults.maxUnreadBytes, maxFrameBytes),
      0,
    ),
    maxPartialBytes: integer(
      'maxPartialBytes',
      given.maxPartialBytes,
      Math.max(defaults.maxPartialBytes, maxFrameBytes),
      0,
    ),
    maxConnections: integer('maxConnections', given.maxConnections, defaults.maxConnections, 1),
    maxUnregistered: integer('maxUnregistered', given.maxUnregistered, defaults.maxUnregistered, 1),
    handshakeTimeout,
    maxConcurrent,
    maxQueued: integer('maxQueued', given.maxQueued, defaults.maxQueued, 0),
    maxCallsPerConnection: integer(
      'maxCallsPerConnection',
      given.maxCallsPerConnection,
      defaults.maxCallsPerConnection,
      1,
    ),
    maxStreams: integer('maxStreams', given.maxStreams, defaults.maxStreams, 1),
    streamWindow: resolveStreamWindow(given.streamWindow),
    callerShare: fraction('callerShare', given.callerShare, defaults.callerShare),
    maxAbandoned: integer('maxAbandoned', given.maxAbandoned, maxConcurrent, 0),
    abandonedTimeout: timeoutMs('abandonedTimeout', given.abandonedTimeout, defaults.abandonedTimeout),
    maxEventLoopLag: timeoutMs('maxEventLoopLag', given.maxEventLoopLag, defaults.maxEventLoopLag, 0),
  });
}
