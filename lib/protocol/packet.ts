import { MAX_TIMEOUT_MS } from '../options.js';
import type { RawBytes } from '../raw-bytes.js';

/**
 * The cluster-client packet, version 1. All integers big-endian.
 *
 *   offset  size  field
 *        0     1  version: 1
 *        1     1  kind: 0 request, 1 response
 *        2     2  reserved: 0
 *        4     8  request id; ids stay below 2^30, so the high word is 0
 *       12     4  timeout, ms: what is left of the call's time
 *       16     4  head length, bytes   (cluster-client: connObj; UTF-8 JSON)
 *       20     4  body length, bytes   (cluster-client: data; the codec's business)
 *       24     …  head, then body
 *
 * Source: cluster-client 3.7.0, lib/protocol/packet.js.
 */
export const HEADER_BYTES = 24;
export const VERSION = 1;
export const REQUEST = 0;
export const RESPONSE = 1;
export type PacketKind = typeof REQUEST | typeof RESPONSE;

/** Bound of request ids, which count from 1 and wrap before this number. Source: cluster-client 3.7.0, lib/utils.js. */
export const MAX_REQUEST_ID = 2 ** 30;

/** Offsets of the header's fields. Unit: bytes */
export const AT = { version: 0, kind: 1, idHigh: 4, idLow: 8, timeout: 12, headBytes: 16, bodyBytes: 20 } as const;

/** First four bytes of the header, version to reserved, as one big-endian integer. */
export const FIRST_WORD = { [REQUEST]: 0x01000000, [RESPONSE]: 0x01010000 } as const;

/** Largest frame by default. Source: gRPC. Unit: bytes */
export const DEFAULT_MAX_FRAME_BYTES = 4 * 1024 * 1024;
/** Largest head. Unit: bytes */
export const MAX_HEAD_BYTES = 64 * 1024;
/**
 * Largest frame of a peer that has not registered. A registration is a header and a head; the body is empty, or a value that
 * stands for none in the peer's codec. Unit: bytes
 */
export const MAX_REGISTRATION_BYTES = HEADER_BYTES + MAX_HEAD_BYTES + 1024;

/**
 * A whole packet in received bytes. The framer fills the same view again and again: a view is valid until the function that
 * received the view returns.
 */
export interface FrameView {
  kind: PacketKind;
  id: number;
  /** Time that is left of the call. Unit: ms */
  timeout: number;
  bytes: RawBytes;
  headStart: number;
  /** Offset at which the head ends and the body starts. */
  bodyStart: number;
  end: number;
}

/** Reads an unsigned 32-bit integer. Cheaper than `Buffer.readUInt32BE`, which checks the offset each time; the caller has checked once. */
export function readUint32(bytes: Uint8Array, at: number): number {
  return (
    (((bytes[at] as number) << 24) |
      ((bytes[at + 1] as number) << 16) |
      ((bytes[at + 2] as number) << 8) |
      (bytes[at + 3] as number)) >>>
    0
  );
}

/** Time of a request as it counts here: at least 1 ms, and no longer than a timer can wait. A peer may send any 32 bits. Unit: ms */
export function clampedTimeout(timeout: number): number {
  return Math.min(MAX_TIMEOUT_MS, Math.max(1, timeout));
}
