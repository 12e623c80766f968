import { inspect } from 'node:util';
import type { Logger } from '../diagnostics.js';
import { boolean, integer, invalid, MAX_TIMEOUT_MS, nonEmptyString, oneOf, timeoutMs } from '../options.js';
import { DEFAULT_MAX_FRAME_BYTES, HEADER_BYTES } from '../protocol/packet.js';
import { DEFAULT_HOST, type TransportName } from '../server-info.js';
import { TRANSPORT_NAMES } from '../transport/endpoint.js';
import type { ChannelAcceptorOptions } from './channel-acceptor.js';
import { resolveWhitelist, type Whitelist } from './whitelist.js';

/** Scheme, host, and a port where it is not the scheme's own. Not `null`: every page can be made to send that. */
const ORIGIN = /^[a-z][a-z0-9+.-]*:\/\/[^\s/?#@]+$/;

/** How a process listens, and what it bears from those that connect. */
export interface ListeningOptions {
  /** 0: the system chooses; read it back from `server.port`. A string of digits is taken for its number, as in pomelo-rpc. */
  port: number | string;
  /** @default '127.0.0.1': this machine only. Anything wider needs {@link ListeningOptions.insecure}. */
  host?: string;
  /** @default 'tcp' */
  transport?: TransportName;
  /** Listen beyond loopback although nothing is encrypted and nobody is asked who they are. @default false */
  insecure?: boolean;
  /**
   * Who may connect, by address; others are refused before anything is read (over `ws`, anything but the upgrade).
   * Strings are addresses, patterns must match the whole of one, and IPv4 peers on an IPv6 socket are IPv4 peers. A
   * function is asked at each connection; when it fails, nobody is let in. A standby reaches its Leader from this
   * machine, so its address must be among them. @default everyone who can reach the port
   */
  whitelist?: Whitelist;
  /**
   * Web pages that may connect over `ws`: origins exactly as browsers send them, such as `https://admin.example.com` or
   * `http://localhost:8080`. Browsers let any page connect to any address, this machine's own included, and only say
   * which page it is. What is no browser sends no origin, and is not asked for one. @default none
   */
  allowedOrigins?: readonly string[];
  /** Send the stack of a failed method's error to its caller. @default false */
  exposeStack?: boolean;
  /** Between two heartbeats; a caller that sends nothing in two of them is dead. Unit: ms. @default 10_000 — pomelo-rpc */
  keepalive?: number;
  /** Gather answers for {@link ListeningOptions.interval} before they are written. @default false — pomelo-rpc */
  bufferMsg?: boolean;
  /** Older name of {@link ListeningOptions.bufferMsg}. */
  buffMsg?: boolean;
  /** With `bufferMsg`: how long answers are gathered. Unit: ms. @default 50 — pomelo-rpc */
  interval?: number;
  /** The largest frame, sent or received. Unit: bytes. @default 4 MiB — gRPC */
  maxFrameBytes?: number;
  /** pomelo-rpc's name of {@link ListeningOptions.maxFrameBytes}. */
  pkgSize?: number;
  /** What may wait to be written to a caller that does not read; past it the caller is cut off. Unit: bytes. @default 16 MiB */
  maxQueuedBytes?: number;
  /** Past it, the oldest that has not registered gives way to a new one; where all have, that is refused. @default 10_000 */
  maxConnections?: number;
  /** Connections that have not registered on a channel; past it, the oldest gives way to a new one. @default 1_000 */
  maxUnregistered?: number;
  /** How long a connection may take to register, or to send the rest of a frame. Unit: ms. @default 10_000 */
  handshakeTimeout?: number;
  /**
   * Calls that run at once, over all connections, each until its method has answered (a one-way call until its deadline
   * at the latest). Past it they wait: see {@link ListeningOptions.maxQueued}. What a server can do at once only its
   * author knows; the default just ends a pile-up before the memory does, at twice what one caller may bring about.
   * @default 100_000
   */
  maxConcurrent?: number;
  /**
   * Calls that may wait for one of those to end, in the order of their arrival and each until its own deadline. Past it
   * a call is refused at once with `ERR_RPC_OVERLOADED`, `delivery: 'not-sent'`; a one-way call is dropped, and the log
   * tells how many were. @default 1_000
   */
  maxQueued?: number;
  /**
   * Calls of one connection, running and waiting, so that one caller cannot take all there is. Past it they are refused
   * as above. @default 50_000, which a client holds back by itself: its `maxInFlight`
   */
  maxCallsPerConnection?: number;
  /**
   * Refuse calls, as above, while the event loop is later than this, as a smoothed measure. 0: never. Unit: ms.
   * @default 0; 70 is what pomelo's toobusy filter has
   */
  maxEventLoopLag?: number;
}

/** What is left of {@link ChannelAcceptorOptions} once the numbers are known. */
export type ResolvedListeningOptions = Omit<ChannelAcceptorOptions, 'onSession' | 'onSessionClosed' | 'onError'>;

export function resolveListeningOptions(given: ListeningOptions, logger: Logger): ResolvedListeningOptions {
  const buffered = boolean(...either(given, 'bufferMsg', 'buffMsg'), false);
  const interval = integer('interval', given.interval, 50, 1, MAX_TIMEOUT_MS);
  return Object.freeze({
    logger,
    transport: oneOf('transport', given.transport, 'tcp', TRANSPORT_NAMES),
    host: given.host === undefined ? DEFAULT_HOST : nonEmptyString('host', given.host),
    port: port(given.port),
    insecure: boolean('insecure', given.insecure, false),
    admits: resolveWhitelist(given.whitelist, logger),
    allowedOrigins: origins(given.allowedOrigins),
    exposeStack: boolean('exposeStack', given.exposeStack, false),
    heartbeatInterval: timeoutMs('keepalive', given.keepalive, 10_000),
    flushInterval: buffered ? interval : 0,
    maxFrameBytes: integer(
      ...either(given, 'maxFrameBytes', 'pkgSize'),
      DEFAULT_MAX_FRAME_BYTES,
      HEADER_BYTES + 1,
      2 ** 31,
    ),
    maxQueuedBytes: integer('maxQueuedBytes', given.maxQueuedBytes, 16 * 1024 * 1024, 0),
    maxConnections: integer('maxConnections', given.maxConnections, 10_000, 1),
    maxUnregistered: integer('maxUnregistered', given.maxUnregistered, 1_000, 1),
    handshakeTimeout: timeoutMs('handshakeTimeout', given.handshakeTimeout, 10_000),
    maxConcurrent: integer('maxConcurrent', given.maxConcurrent, 100_000, 1),
    maxQueued: integer('maxQueued', given.maxQueued, 1_000, 0),
    maxCallsPerConnection: integer('maxCallsPerConnection', given.maxCallsPerConnection, 50_000, 1),
    maxEventLoopLag: integer('maxEventLoopLag', given.maxEventLoopLag, 0, 0, MAX_TIMEOUT_MS),
  });
}

/** One that no browser would send in these letters would keep its page out in silence, so it is refused. */
function origins(given: unknown): readonly string[] {
  if (given === undefined) return [];
  if (!Array.isArray(given))
    throw invalid(`allowedOrigins must be a list of origins, got ${inspect(given, { depth: 0 })}`);
  for (const origin of given as unknown[]) {
    if (typeof origin === 'string' && ORIGIN.test(origin) && (!/^https?:/.test(origin) || isOriginOf(origin))) continue;
    throw invalid(
      `allowedOrigins has ${inspect(origin)} in it, which is no origin, as https://example.com:8443 is one`,
    );
  }
  return [...(given as string[])];
}

/** In its only spelling: no capitals, no port that goes without saying. */
function isOriginOf(url: string): boolean {
  return URL.canParse(url) && new URL(url).origin === url;
}

function port(given: unknown): number {
  if (given === undefined) throw invalid('port is required; 0 lets the system choose');
  const isDigits = typeof given === 'string' && /^\d+$/.test(given);
  return integer('port', isDigits ? Number(given) : given, 0, 0, 65_535);
}

/** The name under which an option with two names was given, for messages, and its value. */
function either<K extends keyof ListeningOptions>(
  given: ListeningOptions,
  name: K,
  alias: K,
): [name: K, value: unknown] {
  return given[name] === undefined && given[alias] !== undefined ? [alias, given[alias]] : [name, given[name]];
}
