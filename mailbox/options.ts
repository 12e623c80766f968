import { boolean, integer, invalid, MAX_TIMEOUT_MS, timeoutMs } from '../lib/options.js';
import { CODEC_NAMES, type CodecName } from '../lib/protocol/codecs.js';
import { DEFAULT_MAX_FRAME_BYTES, HEADER_BYTES } from '../lib/protocol/packet.js';

/** Source: pomelo-rpc. */
export const DEFAULT_PENDING_SIZE = 10_000;

export interface MailBoxOptions {
  /**
   * How long one attempt to connect and register may take.
   * Unit: ms. @default 3_000 — tcp-base; pomelo-rpc's mqtt mailbox has 2_000
   */
  connectTimeout?: number;
  /**
   * Gather calls for {@link MailBoxOptions.interval} before they are written. Without it they are written at the end
   * of the tick, which is both quicker and as cheap; it is there for those who counted on it. Alias: `buffMsg`.
   * @default false — pomelo-rpc
   */
  bufferMsg?: boolean;
  /** Older name of {@link MailBoxOptions.bufferMsg}. */
  buffMsg?: boolean;
  /** With `bufferMsg`: how long calls are gathered. Unit: ms. @default 50 — pomelo-rpc */
  interval?: number;
  /**
   * Between two heartbeats; a server that sends nothing in two of them is dead.
   * Unit: ms. @default 10_000 — pomelo-rpc
   */
  keepalive?: number;
  /**
   * A connection on which no call was made for so long is closed; the next call connects again. 0: never.
   * Unit: ms. @default 0
   */
  idleTimeout?: number;
  /**
   * How long `close()` waits for answers before it gives the calls up.
   * Unit: ms. @default 3_000 — pomelo-rpc, GRACE_TIMEOUT
   */
  drainTimeout?: number;
  /** The largest frame, sent or received. Unit: bytes. @default 4 MiB — gRPC */
  maxFrameBytes?: number;
  /** What may wait to be written to one server; past it calls are held, as while connecting. Unit: bytes. @default 16 MiB */
  maxQueuedBytes?: number;
  /** Calls that may wait for one server's answers; past it calls are held, as while connecting. @default 50_000 — moleculer */
  maxInFlight?: number;
  /** Encodings to offer, the preferred one first. @default ['msgpack', 'json'] */
  codecs?: readonly CodecName[];
}

export interface ResolvedMailBoxOptions {
  readonly connectTimeout: number;
  readonly flushInterval: number;
  readonly keepalive: number;
  readonly idleTimeout: number;
  readonly drainTimeout: number;
  readonly maxFrameBytes: number;
  readonly maxQueuedBytes: number;
  readonly maxInFlight: number;
  readonly codecs: readonly CodecName[];
}

export function resolveMailBoxOptions(given: MailBoxOptions): ResolvedMailBoxOptions {
  const buffered = boolean('bufferMsg', given.bufferMsg ?? given.buffMsg, false);
  const interval = integer('interval', given.interval, 50, 1, MAX_TIMEOUT_MS);
  return Object.freeze({
    connectTimeout: timeoutMs('connectTimeout', given.connectTimeout, 3_000),
    flushInterval: buffered ? interval : 0,
    keepalive: timeoutMs('keepalive', given.keepalive, 10_000),
    idleTimeout: integer('idleTimeout', given.idleTimeout, 0, 0, MAX_TIMEOUT_MS),
    drainTimeout: integer('drainTimeout', given.drainTimeout, 3_000, 0, MAX_TIMEOUT_MS),
    maxFrameBytes: integer('maxFrameBytes', given.maxFrameBytes, DEFAULT_MAX_FRAME_BYTES, HEADER_BYTES + 1, 2 ** 31),
    maxQueuedBytes: integer('maxQueuedBytes', given.maxQueuedBytes, 16 * 1024 * 1024, 0),
    maxInFlight: integer('maxInFlight', given.maxInFlight, 50_000, 1),
    codecs: codecs(given.codecs),
  });
}

function codecs(given: unknown): readonly CodecName[] {
  if (given === undefined) return ['msgpack', 'json'];
  if (Array.isArray(given) && given.length > 0 && given.every((name) => CODEC_NAMES.includes(name))) return [...given];
  throw invalid(`codecs must be a list of ${CODEC_NAMES.join(', ')}, got ${JSON.stringify(given)}`);
}
