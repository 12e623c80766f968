import type { ByteSink } from '../protocol/frame-writer.js';
import { readUint32 } from '../protocol/packet.js';
import { allocBytes, type RawBytes } from '../raw-bytes.js';

/** Bytes of a count on the wire: 64 bits, high word first. */
export const COUNT_BYTES = 8;
/** Bytes of a credit: two counts. */
export const CREDIT_BYTES = 2 * COUNT_BYTES;
/** Bytes of the length in front of each item. They count as bytes of the item, so that an empty item has a cost too. */
export const LENGTH_BYTES = 4;

const WORD = 2 ** 32;

/** How much of a stream its consumer has taken, counted from the beginning of the stream. */
export interface Credit {
  readonly items: number;
  readonly bytes: number;
}

/** Writes a count. Range: below 2^53 */
export function writeCount(out: ByteSink, count: number): void {
  out.reserve(COUNT_BYTES);
  out.view.setUint32(out.at, Math.floor(count / WORD));
  out.view.setUint32(out.at + 4, count >>> 0);
  out.at += COUNT_BYTES;
}

/** Reads a count; the caller has checked that there are enough bytes. A count of 2^53 or more is not exact. */
export function readCount(bytes: Uint8Array, at: number): number {
  return readUint32(bytes, at) * WORD + readUint32(bytes, at + 4);
}

/** Body of a credit. */
export function creditBody({ items, bytes }: Credit): RawBytes {
  const body = allocBytes(CREDIT_BYTES);
  const view = new DataView(body.buffer, body.byteOffset, CREDIT_BYTES);
  view.setUint32(0, Math.floor(items / WORD));
  view.setUint32(4, items >>> 0);
  view.setUint32(8, Math.floor(bytes / WORD));
  view.setUint32(12, bytes >>> 0);
  return body;
}

/** Body of one count. */
export function countBody(count: number): RawBytes {
  const body = allocBytes(COUNT_BYTES);
  const view = new DataView(body.buffer, body.byteOffset, COUNT_BYTES);
  view.setUint32(0, Math.floor(count / WORD));
  view.setUint32(4, count >>> 0);
  return body;
}

/** Reads the body of a credit. Undefined where the body is no credit. */
export function readCredit(bytes: Uint8Array, start: number, end: number): Credit | undefined {
  if (end - start !== CREDIT_BYTES) return undefined;
  const credit = { items: readCount(bytes, start), bytes: readCount(bytes, start + COUNT_BYTES) };
  return Number.isSafeInteger(credit.items) && Number.isSafeInteger(credit.bytes) ? credit : undefined;
}
