import type { Codec } from '../protocol/codec.js';
import type { ByteSink } from '../protocol/frame-writer.js';
import { copyBytes, type RawBytes, scratchBytes } from '../raw-bytes.js';
import type { ItemDecoder } from '../stream/stream-receiver.js';

/** An item of a stream as bytes, with the codec of the connection that the item came from. */
interface RelayedItem {
  readonly bytes: RawBytes;
  readonly codec: Codec;
}

/**
 * Reads the items of a connection with this codec as copies of their bytes: both a frame and the memory in which a receiver
 * keeps items are used again.
 */
export function relayedItems(codec: Codec): ItemDecoder {
  return {
    decode(bytes: RawBytes, start: number, end: number): RelayedItem {
      const copy = scratchBytes(end - start);
      copyBytes(bytes, start, end, copy, 0);
      return { bytes: copy, codec };
    },
  };
}

/** Writes relayed items as they came, unless the receiver reads another value codec than their producer writes. */
export class RelayedItemCodec implements Codec {
  readonly #codec: Codec;

  /** `codec`: the one of the receiver. */
  constructor(codec: Codec) {
    this.#codec = codec;
  }

  get name(): string {
    return this.#codec.name;
  }

  encode(item: unknown, out: ByteSink): void {
    const { bytes, codec } = item as RelayedItem;
    if (codec === this.#codec) out.append(bytes, 0, bytes.length);
    else this.#codec.encode(codec.decode(bytes, 0, bytes.length), out);
  }

  decode(bytes: RawBytes, start: number, end: number): unknown {
    return this.#codec.decode(bytes, start, end);
  }
}
