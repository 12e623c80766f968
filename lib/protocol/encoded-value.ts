import type { Codec } from './codec.js';
import type { ByteSink } from './frame-writer.js';

/** A sink that collects bytes in a growing buffer. */
class Bytes implements ByteSink {
  hashedKeys = 0;
  #buffer = Buffer.allocUnsafe(256);
  #length = 0;

  get written(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  append(source: Uint8Array, start: number, end: number): void {
    this.#ensure(end - start);
    this.#buffer.set(source.subarray(start, end), this.#length);
    this.#length += end - start;
  }

  appendUtf8(text: string): void {
    this.#ensure(Buffer.byteLength(text));
    this.#length += this.#buffer.write(text, this.#length, 'utf8');
  }

  #ensure(bytes: number): void {
    if (this.#length + bytes <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#length + bytes));
    this.#buffer.copy(grown, 0, 0, this.#length);
    this.#buffer = grown;
  }
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

function encode(value: unknown, codec: Codec): Buffer {
  const out = new Bytes();
  codec.encode(value, out);
  return out.written;
}
