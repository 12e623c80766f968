import type { LineOptions } from '../lib/follower/line-options.js';
import { boolean, integer, timeoutMs, unfit } from '../lib/options.js';
import { CODEC_NAMES, type CodecName } from '../lib/protocol/codecs.js';
import { frameLimit } from '../lib/protocol/framer.js';
import type { StreamWindow } from '../lib/protocol/stream-window.js';
import { resolveStreamWindow, type StreamWindowOptions } from '../lib/protocol/stream-window-options.js';
import {
  CONNECTION_DEFAULTS,
  DEFAULT_FRAME_TIMEOUT_MS,
  DEFAULT_MAX_IN_FLIGHT,
} from '../lib/transport/connection-defaults.js';
import type { TlsMaterial } from '../lib/transport/tls-material.js';
import type { TlsOptions } from '../lib/transport/tls-options.js';

/** Source: pomelo-rpc. */
export const DEFAULT_PENDING_SIZE = 10_000;

/** How a client connects to each of its servers. */
export interface MailBoxOptions {
  /**
   * How long one attempt to connect and register may take. pomelo-rpc's mqtt mailbox has 2 s.
   * Unit: ms. Range: 1 to 2^31 - 1. Source: tcp-base.
   * @default 3_000
   */
  connectTimeout?: number | undefined;
  /**
   * Gather calls for {@link MailBoxOptions.interval} before they are written. Without this option calls are written at the
   * end of the tick, which is quicker and costs no more. Source: pomelo-rpc.
   * @default false
   */
  bufferMsg?: boolean | undefined;
  /** Older name of {@link MailBoxOptions.bufferMsg}. Source: pomelo-rpc. */
  buffMsg?: boolean | undefined;
  /**
   * With `bufferMsg`: how long calls are gathered.
   * Unit: ms. Range: 1 to 2^31 - 1. Source: pomelo-rpc.
   * @default 50
   */
  interval?: number | undefined;
  /**
   * Time between two heartbeats. A server that sends nothing during two of them is taken for dead.
   * Unit: ms. Range: 1 to 2^31 - 1. Source: pomelo-rpc.
   * @default 10_000
   */
  keepalive?: number | undefined;
  /**
   * How long a connection without calls stays open. The next call connects again. 0: connections stay open.
   * Unit: ms. Range: 0 to 2^31 - 1.
   * @default 0
   */
  idleTimeout?: number | undefined;
  /**
   * How long a connection that closes in order waits for answers before the calls are rejected.
   * Unit: ms. Range: 0 to 2^31 - 1. Source: pomelo-rpc, GRACE_TIMEOUT.
   * @default 3_000
   */
  drainTimeout?: number | undefined;
  /**
   * Size of the largest frame, sent or received.
   * Unit: bytes. Range: 25 to 2^31. Source: gRPC.
   * @default 4_194_304
   */
  maxFrameBytes?: number | undefined;
  /**
   * How long a server may take to send the rest of a frame that has begun: up to twice this time. After that the connection
   * is destroyed, since nothing else can pass meanwhile, and heartbeats do not notice a server that sends a byte at a time.
   * Unit: ms. Range: 1 to 2^31 - 1.
   * @default 10_000
   */
  frameTimeout?: number | undefined;
  /**
   * Bytes that may wait to be written to one server. Further calls are held, as while connecting.
   * Unit: bytes. Range: from 0.
   * @default 16_777_216
   */
  maxQueuedBytes?: number | undefined;
  /**
   * Calls that may wait for the answers of one server. Further calls are held, as while connecting.
   * Unit: calls. Range: from 1. Source: moleculer.
   * @default 50_000
   */
  maxInFlight?: number | undefined;
  /** How far streams of results may be ahead of their readers. An object, see {@link StreamWindowOptions}. */
  streamWindow?: StreamWindowOptions | undefined;
  /**
   * Encodings that are offered to a server, the preferred one first. Range: 'msgpack' and 'json'.
   * @default ['msgpack', 'json']
   */
  codecs?: readonly CodecName[] | undefined;
  /**
   * Authorities by which the certificates of servers are verified, and the certificate of this client; see {@link TlsOptions}. For
   * servers whose transport is `tls` or `wss`, which is `tls` for a server without a transport once this option is given.
   * @default no certificate, and the authorities that Node.js contains
   */
  tls?: TlsOptions | undefined;
}

export const MAILBOX_DEFAULTS = Object.freeze({
  ...CONNECTION_DEFAULTS,
  connectTimeout: 3_000,
  idleTimeout: 0,
  drainTimeout: 3_000,
  maxInFlight: DEFAULT_MAX_IN_FLIGHT,
  frameTimeout: DEFAULT_FRAME_TIMEOUT_MS,
  codecs: Object.freeze(['msgpack', 'json']) as readonly CodecName[],
}) satisfies MailBoxOptions;

export interface ResolvedMailBoxOptions {
  readonly connectTimeout: number;
  readonly flushInterval: number;
  readonly keepalive: number;
  readonly idleTimeout: number;
  readonly drainTimeout: number;
  readonly frameTimeout: number;
  readonly maxFrameBytes: number;
  readonly maxQueuedBytes: number;
  readonly maxInFlight: number;
  readonly streamWindow: StreamWindow;
  readonly codecs: readonly CodecName[];
  /** Undefined: no certificate, and the authorities of Node.js. */
  readonly tls?: TlsMaterial | undefined;
  /** Most calls pass through this process as bytes. */
  readonly relays?: boolean | undefined;
  /** Name of the client; undefined where connections serve several clients. */
  readonly clientId?: string | undefined;
  /** Secrets that are proven to servers. */
  readonly secrets?: LineOptions['secrets'];
  /** Terms of Leaders that the client knows. Undefined: it calls the Leaders of any term. */
  readonly terms?: LineOptions['terms'];
  /** Makes the token for servers. */
  readonly token?: LineOptions['token'];
}

export function resolveMailBoxOptions(given: MailBoxOptions): ResolvedMailBoxOptions {
  const defaults = MAILBOX_DEFAULTS;
  const buffered = boolean('bufferMsg', given.bufferMsg ?? undefined, defaults.bufferMsg);
  const interval = timeoutMs('interval', given.interval, defaults.interval);
  return Object.freeze({
    connectTimeout: timeoutMs('connectTimeout', given.connectTimeout, defaults.connectTimeout),
    flushInterval: buffered ? interval : 0,
    keepalive: timeoutMs('keepalive', given.keepalive, defaults.keepalive),
    idleTimeout: timeoutMs('idleTimeout', given.idleTimeout, defaults.idleTimeout, 0),
    drainTimeout: timeoutMs('drainTimeout', given.drainTimeout, defaults.drainTimeout, 0),
    frameTimeout: timeoutMs('frameTimeout', given.frameTimeout, defaults.frameTimeout),
    maxFrameBytes: frameLimit('maxFrameBytes', given.maxFrameBytes, defaults.maxFrameBytes),
    maxQueuedBytes: integer('maxQueuedBytes', given.maxQueuedBytes, defaults.maxQueuedBytes, 0),
    maxInFlight: integer('maxInFlight', given.maxInFlight, defaults.maxInFlight, 1),
    streamWindow: resolveStreamWindow(given.streamWindow),
    codecs: codecs(given.codecs),
  });
}

function codecs(given: unknown): readonly CodecName[] {
  if (given === undefined) return MAILBOX_DEFAULTS.codecs;
  if (Array.isArray(given) && given.length > 0 && given.every((name) => CODEC_NAMES.includes(name))) return [...given];
  throw unfit('codecs', `a list of ${CODEC_NAMES.join(', ')}`, given);
}
