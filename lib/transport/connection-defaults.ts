import { DEFAULT_MAX_FRAME_BYTES } from '../protocol/packet.js';

/** Defaults of the options that both ends of a connection have. Unit: ms, bytes, calls, as the options say. */
export const CONNECTION_DEFAULTS = Object.freeze({
  /** Source: pomelo-rpc. */
  keepalive: 10_000,
  /** Source: pomelo-rpc. */
  bufferMsg: false,
  /** Source: pomelo-rpc. */
  interval: 50,
  /** Source: gRPC. */
  maxFrameBytes: DEFAULT_MAX_FRAME_BYTES,
  maxQueuedBytes: 16 * 1024 * 1024,
});

/** Calls of one connection that wait for their answers, unless an option gives another number. Source: moleculer. */
export const DEFAULT_MAX_IN_FLIGHT = 50_000;

/** Time for a server to send the rest of a frame, as a server's `handshakeTimeout` is for its callers. Unit: ms */
export const DEFAULT_FRAME_TIMEOUT_MS = 10_000;

/** Time for an orderly end when no bytes are left to write. A live peer ends its own side within one tick. Unit: ms */
export const END_TIMEOUT_MS = 2_000;

/** Bytes that a connection's own frames may take beyond `maxQueuedBytes`: heartbeats, refusals. */
export const OWN_FRAMES_BYTES = 1024 * 1024;
