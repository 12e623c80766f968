import type { RawBytes } from '../raw-bytes.js';
import { EXT } from './msgpack-types.js';

// Each function writes at an offset where there is room, and returns the offset behind.

export function writeNumber(bytes: RawBytes, view: DataView, at: number, value: number): number {
  if (value >>> 0 === value && !Object.is(value, -0)) {
    if (value < 0x80) {
      bytes[at] = value;
      return at + 1;
    }
    if (value < 0x100) {
      bytes[at] = 0xcc;
      bytes[at + 1] = value;
      return at + 2;
    }
    if (value < 0x10000) {
      bytes[at] = 0xcd;
      bytes[at + 1] = value >> 8;
      bytes[at + 2] = value;
      return at + 3;
    }
    bytes[at] = 0xce;
    view.setUint32(at + 1, value);
    return at + 5;
  }
  if (value >> 0 === value && value < 0) return writeNegative(bytes, view, at, value);
  bytes[at] = 0xcb;
  // A NaN may have any of many bit patterns, of which one is sent.
  if (Number.isNaN(value)) view.setBigUint64(at + 1, 0x7ff8000000000000n);
  else view.setFloat64(at + 1, value);
  return at + 9;
}

function writeNegative(bytes: RawBytes, view: DataView, at: number, value: number): number {
  if (value >= -0x20) {
    bytes[at] = value;
    return at + 1;
  }
  if (value >= -0x80) {
    bytes[at] = 0xd0;
    bytes[at + 1] = value;
    return at + 2;
  }
  if (value >= -0x8000) {
    bytes[at] = 0xd1;
    bytes[at + 1] = value >> 8;
    bytes[at + 2] = value;
    return at + 3;
  }
  bytes[at] = 0xd2;
  view.setInt32(at + 1, value);
  return at + 5;
}

/** Writes a time in ms since 1970, whole seconds and others in different forms. */
export function writeDate(bytes: RawBytes, view: DataView, at: number, time: number): number {
  const seconds = Math.floor(time / 1000);
  const nanoseconds = (time - seconds * 1000) * 1e6;
  if (time < 0 || seconds >= 2 ** 32) {
    bytes[at] = 0xc7;
    bytes[at + 1] = 12;
    bytes[at + 2] = EXT.date;
    view.setUint32(at + 3, nanoseconds);
    view.setBigInt64(at + 7, BigInt(seconds));
    return at + 15;
  }
  bytes[at + 1] = EXT.date;
  if (nanoseconds === 0) {
    bytes[at] = 0xd6;
    view.setUint32(at + 2, seconds);
    return at + 6;
  }
  bytes[at] = 0xd7;
  view.setUint32(at + 2, nanoseconds * 4); // 30 bits of nanoseconds, then 34 bits of seconds
  view.setUint32(at + 6, seconds);
  return at + 10;
}

/** Digits of a bigint in two's complement, in as many groups of 64 bits as it needs. */
export function hexOf(value: bigint): string {
  const magnitude = (value < 0n ? ~value : value).toString(16);
  const bits = magnitude.length * 4 + 28 - Math.clz32(Number.parseInt(magnitude.charAt(0), 16));
  const bytes = Math.ceil((bits + 1) / 64) * 8;
  return BigInt.asUintN(bytes * 8, value)
    .toString(16)
    .padStart(bytes * 2, '0');
}

/**
 * Writes a text of fewer than 256 bytes. Returns -1 for half of a surrogate pair, which UTF-8 cannot carry. For so few
 * characters the call into native code takes longer.
 */
export function writeShortText(bytes: RawBytes, start: number, text: string): number {
  let at = start + 2;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) {
      bytes[at++] = unit;
    } else if (unit < 0x800) {
      bytes[at++] = 0xc0 | (unit >> 6);
      bytes[at++] = 0x80 | (unit & 0x3f);
    } else if (unit < 0xd800 || unit > 0xdfff) {
      bytes[at++] = 0xe0 | (unit >> 12);
      bytes[at++] = 0x80 | ((unit >> 6) & 0x3f);
      bytes[at++] = 0x80 | (unit & 0x3f);
    } else {
      const low = i + 1 < text.length ? text.charCodeAt(i + 1) : 0;
      if (unit > 0xdbff || low < 0xdc00 || low > 0xdfff) return -1;
      const point = 0x10000 + ((unit & 0x3ff) << 10) + (low & 0x3ff);
      bytes[at++] = 0xf0 | (point >> 18);
      bytes[at++] = 0x80 | ((point >> 12) & 0x3f);
      bytes[at++] = 0x80 | ((point >> 6) & 0x3f);
      bytes[at++] = 0x80 | (point & 0x3f);
      i += 1;
    }
  }
  const length = at - start - 2;
  if (length >= 0x20) {
    bytes[start] = 0xd9;
    bytes[start + 1] = length;
    return at;
  }
  bytes[start] = 0xa0 | length;
  bytes.copyWithin(start + 1, start + 2, at);
  return at - 1;
}
