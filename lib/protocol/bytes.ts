import { RpcCode, RpcError } from '../errors.js';
import { copyBytes, type RawBytes, scratchBytes, utf8Length, writeUtf8 } from '../raw-bytes.js';
import type { ByteSink } from './frame-writer.js';

/** Largest value; the highest `maxFrameBytes`. */
const MAX_BYTES = 2 ** 31;

/** A sink that collects bytes in a growing buffer. */
export class Bytes implements ByteSink {
  hashedKeys = 0;
  bytes: RawBytes = scratchBytes(256);
  view = viewOf(this.bytes);
  at = 0;
  readonly origin = 0;

  get written(): RawBytes {
    return this.bytes.subarray(0, this.at);
  }

  append(source: Uint8Array, start: number, end: number): void {
    this.reserve(end - start);
    this.bytes.set(source.subarray(start, end), this.at);
    this.at += end - start;
  }

  appendUtf8(text: string): void {
    this.reserve(utf8Length(text));
    this.at += writeUtf8(this.bytes, text, this.at);
  }

  reserve(bytes: number): void {
    if (this.at + bytes <= this.bytes.length) return;
    if (this.at + bytes > MAX_BYTES)
      throw new RpcError(RpcCode.FrameTooLarge, `a value of more than ${MAX_BYTES} bytes, which fits into no frame`);
    const grown = scratchBytes(Math.max(this.bytes.length * 2, this.at + bytes));
    copyBytes(this.bytes, 0, this.at, grown, 0);
    this.bytes = grown;
    this.view = viewOf(grown);
  }
}

function viewOf(bytes: RawBytes): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
