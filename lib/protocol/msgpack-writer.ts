import { NO_BYTES, type RawBytes, utf8Length, writeAscii, writeHex, writeUtf8 } from '../raw-bytes.js';
import type { ByteSink } from './frame-writer.js';
import { hexOf, writeDate, writeNumber, writeShortText } from './msgpack-scalars.js';
import { EXT } from './msgpack-types.js';

/** Length up to which a loop over the characters is faster than the call into native code. */
const LOOP_TEXT = 48;
/** Largest number of bytes by which the room for a value is estimated too high. */
const MAX_ESTIMATE_BYTES = 4096;
/** Length up to which room for a text is estimated at three bytes a character. */
const ESTIMATED_TEXT = Math.floor(MAX_ESTIMATE_BYTES / 3) - 8;

const NO_VIEW = new DataView(NO_BYTES.buffer, 0, 0);

/** Writes the values of MessagePack that hold no other values, straight into a sink. */
export class MsgpackWriter {
  #sink: ByteSink | undefined;
  // Copies of the sink's properties, so that all sinks are written by the same machine code.
  #bytes: RawBytes = NO_BYTES;
  #view: DataView = NO_VIEW;
  #at = 0;
  #origin = 0;

  /** Begins to write at the sink's offset. */
  open(sink: ByteSink): void {
    this.#sink = sink;
    this.#load(sink);
  }

  /** Moves the sink's offset behind what was written. */
  commit(): void {
    if (this.#sink !== undefined) this.#sink.at = this.#at;
  }

  /** Holds the sink's memory no longer. */
  close(): void {
    this.#sink = undefined;
    this.#bytes = NO_BYTES;
    this.#view = NO_VIEW;
  }

  /** Place in the frame, for {@link backTo} and {@link endMap}. */
  get mark(): number {
    return this.#at - this.#origin;
  }

  /** Drops everything behind a mark, also after the sink has thrown. */
  backTo(mark: number): void {
    if (this.#sink === undefined) return;
    this.#load(this.#sink);
    this.#at = this.#origin + mark;
  }

  #load(sink: ByteSink): void {
    this.#bytes = sink.bytes;
    this.#view = sink.view;
    this.#at = sink.at;
    this.#origin = sink.origin;
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes > this.#bytes.length) this.#grow(bytes);
  }

  #grow(bytes: number): void {
    const sink = this.#sink as ByteSink;
    sink.at = this.#at;
    sink.reserve(bytes, Math.max(1, bytes - MAX_ESTIMATE_BYTES));
    this.#load(sink);
  }

  /** Writes a type without content. */
  token(type: number): void {
    this.#reserve(1);
    this.#bytes[this.#at++] = type;
  }

  /** Writes an extension whose one byte of content has no meaning, or is `content`. */
  tag(type: number, content = 0): void {
    this.#reserve(3);
    const at = this.#at;
    this.#bytes[at] = 0xd4;
    this.#bytes[at + 1] = type;
    this.#bytes[at + 2] = content;
    this.#at = at + 3;
  }

  number(value: number): void {
    this.#reserve(9);
    this.#at = writeNumber(this.#bytes, this.#view, this.#at, value);
  }

  /** Returns false, with nothing written, for a text with half of a surrogate pair, which UTF-8 cannot carry. */
  text(text: string): boolean {
    const { length } = text;
    if (length > LOOP_TEXT) return this.#longText(text);
    this.#reserve(length * 3 + 2);
    const bytes = this.#bytes;
    const start = this.#at;
    let at = length < 0x20 ? start + 1 : start + 2;
    for (let i = 0; i < length; i++) {
      const unit = text.charCodeAt(i);
      if (unit >= 0x80) return this.#shortText(text);
      bytes[at++] = unit;
    }
    if (length < 0x20) {
      bytes[start] = 0xa0 | length;
    } else {
      bytes[start] = 0xd9;
      bytes[start + 1] = length;
    }
    this.#at = at;
    return true;
  }

  /** Writes a short text that is not ASCII. Room is reserved. */
  #shortText(text: string): boolean {
    const at = writeShortText(this.#bytes, this.#at, text);
    if (at < 0) return false;
    this.#at = at;
    return true;
  }

  #longText(text: string): boolean {
    if (!text.isWellFormed()) return false;
    const { length } = text;
    if (length > ESTIMATED_TEXT) {
      const size = utf8Length(text);
      this.#reserve(size + 5);
      this.#textHeader(size);
      // One byte for each unit of UTF-16: no unit is beyond ASCII.
      this.#at +=
        size === length ? writeAscii(this.#bytes, text, this.#at) : writeUtf8(this.#bytes, text, this.#at, size);
      return true;
    }
    this.#reserve(length * 3 + 3);
    const start = this.#at;
    const assumed = length < 0x100 ? 2 : 3;
    const size = writeUtf8(this.#bytes, text, start + assumed, length * 3);
    if (size >= 0x100 && assumed === 2) this.#bytes.copyWithin(start + 3, start + 2, start + 2 + size);
    this.#textHeader(size);
    this.#at += size;
    return true;
  }

  #textHeader(size: number): void {
    const bytes = this.#bytes;
    if (size < 0x100) {
      bytes[this.#at++] = 0xd9;
      bytes[this.#at++] = size;
    } else if (size < 0x10000) {
      bytes[this.#at++] = 0xda;
      bytes[this.#at++] = size >> 8;
      bytes[this.#at++] = size;
    } else {
      bytes[this.#at] = 0xdb;
      this.#view.setUint32(this.#at + 1, size);
      this.#at += 5;
    }
  }

  /** Writes the header of an array, and makes room for its items, each of which takes at least a byte. */
  array(length: number): void {
    this.#reserve(length + 5);
    const bytes = this.#bytes;
    if (length < 0x10) {
      bytes[this.#at++] = 0x90 | length;
    } else if (length < 0x10000) {
      bytes[this.#at++] = 0xdc;
      bytes[this.#at++] = length >> 8;
      bytes[this.#at++] = length;
    } else {
      bytes[this.#at] = 0xdd;
      this.#view.setUint32(this.#at + 1, length);
      this.#at += 5;
    }
  }

  /** Leaves room for the header of a map, whose size is not known yet, and returns its mark. */
  beginMap(): number {
    this.#reserve(3);
    const mark = this.#at - this.#origin;
    this.#at += 3;
    return mark;
  }

  endMap(mark: number, size: number): void {
    if (size > 0xffff) this.#reserve(2);
    const bytes = this.#bytes;
    const start = this.#origin + mark;
    if (size > 0xffff) {
      bytes.copyWithin(start + 5, start + 3, this.#at);
      bytes[start] = 0xdf;
      this.#view.setUint32(start + 1, size);
      this.#at += 2;
      return;
    }
    bytes[start] = 0xde;
    bytes[start + 1] = size >> 8;
    bytes[start + 2] = size;
  }

  bigint(value: bigint): void {
    this.#reserve(9);
    if (value >= -0x8000000000000000n && value < 0x8000000000000000n) {
      this.#bytes[this.#at] = 0xd3;
      this.#view.setBigInt64(this.#at + 1, value);
      this.#at += 9;
    } else if (value >= 0n && value < 0x10000000000000000n) {
      this.#bytes[this.#at] = 0xcf;
      this.#view.setBigUint64(this.#at + 1, value);
      this.#at += 9;
    } else {
      const digits = hexOf(value);
      const size = digits.length / 2;
      this.#extension(EXT.bigint, size);
      this.#reserve(size);
      this.#at += writeHex(this.#bytes, digits, this.#at);
    }
  }

  /** Writes a time in ms since 1970. */
  date(time: number): void {
    if (Number.isNaN(time)) return this.tag(EXT.date, 0xff);
    this.#reserve(15);
    this.#at = writeDate(this.#bytes, this.#view, this.#at, time);
  }

  buffer(content: Uint8Array): void {
    const size = content.length;
    this.#reserve(size + 5);
    const bytes = this.#bytes;
    if (size < 0x100) {
      bytes[this.#at++] = 0xc4;
      bytes[this.#at++] = size;
    } else if (size < 0x10000) {
      bytes[this.#at++] = 0xc5;
      bytes[this.#at++] = size >> 8;
      bytes[this.#at++] = size;
    } else {
      bytes[this.#at] = 0xc6;
      this.#view.setUint32(this.#at + 1, size);
      this.#at += 5;
    }
    bytes.set(content, this.#at);
    this.#at += size;
  }

  /** Writes binary data of a class other than Buffer. */
  view(kind: number, content: Uint8Array): void {
    const size = content.length;
    this.#reserve(size + 7);
    this.#longExtension(EXT.view, size + 1);
    this.#bytes[this.#at++] = kind;
    this.#bytes.set(content, this.#at);
    this.#at += size;
  }

  #extension(type: number, size: number): void {
    if (size !== 16) return this.#longExtension(type, size);
    this.#reserve(2);
    this.#bytes[this.#at++] = 0xd8;
    this.#bytes[this.#at++] = type;
  }

  #longExtension(type: number, size: number): void {
    this.#reserve(6);
    const bytes = this.#bytes;
    if (size < 0x100) {
      bytes[this.#at++] = 0xc7;
      bytes[this.#at++] = size;
    } else if (size < 0x10000) {
      bytes[this.#at++] = 0xc8;
      bytes[this.#at++] = size >> 8;
      bytes[this.#at++] = size;
    } else {
      bytes[this.#at] = 0xc9;
      this.#view.setUint32(this.#at + 1, size);
      this.#at += 5;
    }
    bytes[this.#at++] = type;
  }
}
