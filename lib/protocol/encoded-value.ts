import type { RawBytes } from '../raw-bytes.js';
import { Bytes } from './bytes.js';
import type { Codec } from './codec.js';

/**
 * A value for several readers: encoded once for each codec in use, and decoded again for each reader, so that a reader does
 * not see what another reader does to its copy.
 */
export class EncodedValue {
  readonly #codec: Codec;
  readonly #bytes: RawBytes;
  /** Made for the first other codec: most values need none. */
  #recoded: Map<Codec, RawBytes> | undefined;

  /** Keeps the bytes without a copy: the bytes must not change any more. */
  constructor(codec: Codec, bytes: RawBytes) {
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
  in(codec: Codec): RawBytes {
    if (codec === this.#codec) return this.#bytes;
    this.#recoded ??= new Map();
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

function encode(value: unknown, codec: Codec): RawBytes {
  const out = new Bytes();
  codec.encode(value, out);
  return out.written;
}

/** Copies a value as it would arrive through the codec. Throws what the codec throws on a value that the codec cannot carry. */
export function copyValue(value: unknown, codec: Codec): unknown {
  return EncodedValue.of(value, codec).decode();
}
