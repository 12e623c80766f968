import type { ByteSink } from '../../../lib/protocol/frame-writer.js';
import { hexOf } from '../../../lib/protocol/msgpack-scalars.js';
import { EXT } from '../../../lib/protocol/msgpack-types.js';
import { bytesOfText, writeHex } from '../raw-bytes.js';

/** Largest value that a header holds in two bytes. */
const MAX_UINT16 = 0xffff;

/**
 * Writes the values of MessagePack that hold no other values. A page writes fewer forms than Node does: a number takes one, five or
 * nine bytes, an object has a header of five, and a Date has the form that fits every time.
 */
export class MsgpackWriter {
  #sink!: ByteSink;

  open(sink: ByteSink): void {
    this.#sink = sink;
  }

  commit(): void {}

  close(): void {}

  /** Place in the frame, for {@link backTo} and {@link endMap}. */
  get mark(): number {
    return this.#sink.at - this.#sink.origin;
  }

  /** Drops everything behind a mark. */
  backTo(mark: number): void {
    this.#sink.at = this.#sink.origin + mark;
  }

  /** Makes room for so many bytes, moves behind them, and returns a view of what is behind `at`. */
  #room(size: number): DataView {
    const sink = this.#sink;
    sink.reserve(size);
    const { buffer, byteOffset } = sink.bytes;
    sink.at += size;
    return new DataView(buffer, byteOffset + sink.at - size, size);
  }

  #bytes(content: Uint8Array): void {
    this.#sink.append(content, 0, content.length);
  }

  /** Writes a type without content, or any other byte. */
  token(byte: number): void {
    this.#room(1).setUint8(0, byte);
  }

  /** Writes an extension whose one byte of content has no meaning, or is `content`. */
  tag(type: number, content = 0): void {
    for (const byte of [0xd4, type, content]) this.token(byte);
  }

  number(value: number): void {
    if (!Object.is(value | 0, value)) {
      this.token(0xcb);
      this.#room(8).setFloat64(0, value);
    } else if (value >= -0x20 && value < 0x80) {
      this.token(value);
    } else {
      this.token(0xd2);
      this.#room(4).setInt32(0, value);
    }
  }

  /** Returns false, with nothing written, for a text with half of a surrogate pair, which UTF-8 cannot carry. */
  text(text: string): boolean {
    if (!text.isWellFormed()) return false;
    const content = bytesOfText(text);
    if (content.length < 0x20) this.token(0xa0 | content.length);
    else this.#header(0xd9, content.length);
    this.#bytes(content);
    return true;
  }

  /** Writes the header of an array. */
  array(length: number): void {
    if (length < 0x10) this.token(0x90 | length);
    else this.#long(0xdd, length);
  }

  /** Leaves room for the header of a map, whose size is not known yet, and returns its mark. */
  beginMap(): number {
    const { mark } = this;
    this.#long(0xdf, 0);
    return mark;
  }

  endMap(mark: number, size: number): void {
    const { view, origin } = this.#sink;
    view.setUint32(origin + mark + 1, size);
  }

  bigint(value: bigint): void {
    if (BigInt.asIntN(64, value) === value) {
      this.token(0xd3);
      this.#room(8).setBigInt64(0, value);
      return;
    }
    const digits = hexOf(value);
    const content = new Uint8Array(digits.length / 2);
    writeHex(content, digits, 0);
    this.#extension(EXT.bigint, content.length);
    this.#bytes(content);
  }

  /** Writes a time in ms since 1970. */
  date(time: number): void {
    if (Number.isNaN(time)) return this.tag(EXT.date, 0xff);
    const seconds = Math.floor(time / 1_000);
    this.#extension(EXT.date, 12);
    const view = this.#room(12);
    view.setUint32(0, (time - seconds * 1_000) * 1e6);
    view.setBigInt64(4, BigInt(seconds));
  }

  buffer(content: Uint8Array): void {
    this.#header(0xc4, content.length);
    this.#bytes(content);
  }

  /** Writes binary data of a class other than Buffer. */
  view(kind: number, content: Uint8Array): void {
    this.#extension(EXT.view, content.length + 1);
    this.token(kind);
    this.#bytes(content);
  }

  #extension(type: number, size: number): void {
    this.#header(0xc7, size);
    this.token(type);
  }

  /** Writes a type and a size: the type for sizes of a byte, of which the next two are for longer sizes. */
  #header(type: number, size: number): void {
    if (size > MAX_UINT16) return this.#long(type + 2, size);
    if (size > 0xff) {
      this.token(type + 1);
      this.token(size >> 8);
    } else {
      this.token(type);
    }
    this.token(size);
  }

  #long(type: number, size: number): void {
    this.token(type);
    this.#room(4).setUint32(0, size);
  }
}
