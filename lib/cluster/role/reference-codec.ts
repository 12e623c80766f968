import type { Codec } from '../../protocol/codec.js';
import type { ByteSink } from '../../protocol/frame-writer.js';
import { readUint32 } from '../../protocol/packet.js';
import type { RawBytes } from '../../raw-bytes.js';

/**
 * Hands values over as they are, within one process: the bytes are numbers that stand for the values. Each value can be read once. A
 * value that is never read lives as long as the codec.
 */
export class ReferenceCodec implements Codec {
  readonly name = 'reference';
  readonly #values = new Map<number, unknown>();
  #last = 0;

  encode(value: unknown, out: ByteSink): void {
    this.#last = (this.#last + 1) >>> 0;
    this.#values.set(this.#last, value);
    out.reserve(4);
    out.view.setUint32(out.at, this.#last);
    out.at += 4;
  }

  decode(bytes: RawBytes, start: number): unknown {
    const number = readUint32(bytes, start);
    const value = this.#values.get(number);
    this.#values.delete(number);
    return value;
  }
}
