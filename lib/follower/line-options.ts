import type { Endpoint } from '../endpoint.js';
import type { CodecName } from '../protocol/codecs.js';
import { DEFAULT_STREAM_WINDOW, type StreamWindow } from '../protocol/stream-window.js';
import type { ConnectionOptions } from '../transport/connection-contract.js';
import {
  CONNECTION_DEFAULTS,
  DEFAULT_FRAME_TIMEOUT_MS,
  DEFAULT_MAX_IN_FLIGHT,
} from '../transport/connection-defaults.js';
import type { ClientTls } from '../transport/tls-dial.js';
import type { Registering } from './registration.js';

export interface LineOptions extends Omit<ConnectionOptions, 'pauseWhenBlocked'>, Registering {
  /** Time for dialling and registering together. Unit: ms */
  readonly connectTimeout: number;
  /** Time between heartbeats toward a peer of our own kind. Unit: ms */
  readonly heartbeatInterval: number;
  /** Time between heartbeats toward a stock Leader. Unit: ms. @default 20_000 — cluster-client */
  readonly stockHeartbeatInterval?: number;
  /** Time for the peer to send the rest of a frame; see `transport/frame-watch.ts`. Unit: ms */
  readonly frameTimeout: number;
  /** Calls that may wait for their answers at once. */
  readonly maxInFlight: number;
  /** How far a stream of results may be ahead of its consumer here. */
  readonly streamWindow: StreamWindow;
  /** Certificate of this end, and the rules for that of the Leader, for a place with TLS. */
  readonly tls?: ClientTls | undefined;
}

/** Options of a line, except where it leads. Missing ones have their defaults. */
export type LineSettings = Partial<Omit<LineOptions, 'endpoint' | 'channel'>>;

/** Defaults of every line, whatever the line is for. Unit: ms, bytes, calls, as the options say. */
export const LINE_DEFAULTS = Object.freeze({
  codecs: Object.freeze<CodecName[]>(['msgpack', 'json']),
  /** Source: tcp-base. */
  connectTimeout: 3_000,
  heartbeatInterval: CONNECTION_DEFAULTS.keepalive,
  maxFrameBytes: CONNECTION_DEFAULTS.maxFrameBytes,
  maxQueuedBytes: CONNECTION_DEFAULTS.maxQueuedBytes,
  maxInFlight: DEFAULT_MAX_IN_FLIGHT,
  frameTimeout: DEFAULT_FRAME_TIMEOUT_MS,
  streamWindow: DEFAULT_STREAM_WINDOW,
  /** 0: frames leave at the end of the tick. */
  flushInterval: 0,
});

/** The options of a line to a channel, from the settings of a mailbox, a server, a shared client or a share. */
export function resolveLineOptions(endpoint: Endpoint, channel: string, settings: LineSettings = {}): LineOptions {
  return Object.freeze({ ...LINE_DEFAULTS, ...settings, endpoint, channel });
}
