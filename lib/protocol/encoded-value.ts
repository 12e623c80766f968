import { RpcCode, RpcError } from '../errors.js';
import type { Codec } from './codec.js';
import type { ByteSink } from './frame-writer.js';

/** Largest value; the highest `maxFrameBytes`. */
const MAX_BYTES = 2 ** 31;

/** A sink that collects bytes in a growing buffer. */
class Bytes implements ByteSink {
  hashedKeys = 0;
  bytes = Buffer.allocUnsafe(256);
  view = viewOf(this.bytes);
  at = 0;
  readonly origin = 0;

  get written(): Buffer {
    return this.bytes.subarray(0, this.at);
  }

  append(source: Uint8Array, start: number, end: number): void {
    this.reserve(end - start);
    this.bytes.set(source.subarray(start, end), this.at);
    this.at += end - start;
  }

  appendUtf8(text: string): void {
    this.reserve(Buffer.byteLength(text));
    this.at += this.bytes.write(text, this.at, 'utf8');
  }

  reserve(bytes: number): void {
    if (this.at + bytes <= this.bytes.length) return;
    if (this.at + bytes > MAX_BYTES)
      throw new RpcError(RpcCode.FrameTooLarge, `a value of more than ${MAX_BYTES} bytes, which fits into no frame`);
    const grown = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.at + bytes));
    this.bytes.copy(grown, 0, 0, this.at);
    this.bytes = grown;
    this.view = viewOf(grown);
  }
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/**
 * A value for several readers: encoded once for each codec in use, and decoded again for each reader, so that a reader does
 * not see what another reader does to its copy.
 */
export class EncodedValue {
  readonly #codec: Codec;
  readonly #bytes: Buffer;
  readonly #recoded = new Map<Codec, Buffer>();

  /** Keeps the bytes without a copy: the bytes must not change any more. */
  constructor(codec: Codec, bytes: Buffer) {
    this.#codec = codec;
    this.#bytes = bytes;
  }

  /** Encodes a value. Throws what the codec throws on a value that the codec cannot carry. */
  static of(value: unknown, codec: Codec): EncodedValue {
    return new EncodedValue(codec, encode(value, codec));
  }

  /** Makes a copy of the value. Throws on bytes that are not a value. */
  decode(): unknown {
    return this.#bytes.length === 0 ? undefined : this.#codec.decode(this.#bytes, 0, this.#bytes.length);
  }

  /** Bytes of the value in another codec. Throws where that codec cannot carry the value. */
  in(codec: Codec): Buffer {
    if (codec === this.#codec) return this.#bytes;
    let bytes = this.#recoded.get(codec);
    if (bytes === undefined) {
      bytes = encode(this.decode(), codec);
      this.#recoded.set(codec, bytes);
    }
    return bytes;
  }
}

/** Number of bytes that a codec needs for a value. Throws where the codec cannot carry the value. */
export function encodedSize(value: unknown, codec: Codec): number {
  return encode(value, codec).length;
}

function encode(value: unknown, codec: Codec): Buffer {
  const out = new Bytes();
  codec.encode(value, out);
  return out.written;
}

/** Copies a value as it would arrive through the codec. Throws what the codec throws on a value that the codec cannot carry. */
export function copyValue(value: unknown, codec: Codec): unknown {
  return EncodedValue.of(value, codec).decode();
}
