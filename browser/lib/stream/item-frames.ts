import type { Codec } from '../../../lib/protocol/codec.js';
import type { PacketKind } from '../../../lib/protocol/packet.js';
import { type ItemConnection, writeItem } from '../../../lib/stream/item-frame.js';

/** Writes the items of a page's uploads, each in a frame of its own: a page sends few. */
export class ItemFrames {
  readonly #connection: ItemConnection;
  readonly #kind: PacketKind;

  constructor(connection: ItemConnection, kind: PacketKind) {
    this.#connection = connection;
    this.#kind = kind;
  }

  open(id: number, codec: Codec) {
    return {
      write: (sequence: number, item: unknown): number =>
        writeItem(this.#connection, this.#kind, id, codec, sequence, item),
      flush(): void {},
    };
  }

  flush(_last: unknown): void {}
}
