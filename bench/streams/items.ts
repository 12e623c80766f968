/** Items that are streamed, by the name used on the command line. */
export const ITEMS = {
  small: 'items of some 40 bytes: { id, text }',
  '64k': 'items of 64 KiB: { id, data }, data as bytes',
} as const;

export type ItemKind = keyof typeof ITEMS;

export interface SmallItem {
  readonly id: number;
  readonly text: string;
}

export interface LargeItem {
  readonly id: number;
  readonly data: Uint8Array;
}

export type Item = SmallItem | LargeItem;

const TEXT = 'the quick brown fox jumps';
const DATA = Buffer.alloc(64 * 1024, 'the quick brown fox jumps over the lazy dog, ');
/** Where the bytes of an item are compared: a full comparison would cost more than some peers do. */
const SAMPLES = [0, 1_023, 32_768, DATA.length - 1];

/** The item with this number. Bytes are those of one Buffer, which no peer writes to: making 64 KiB would be measured too. */
export function itemOf(kind: ItemKind, id: number): Item {
  return kind === 'small' ? { id, text: TEXT } : { id, data: DATA };
}

/** The first `count` items. */
export async function* itemsOf(kind: ItemKind, count: number): AsyncGenerator<Item, void, undefined> {
  for (let id = 0; id < count; id++) yield itemOf(kind, id);
}

/** Checks the items of one stream: each once, in order, whole. The check and its cost are the same for every peer. */
export class ItemCheck {
  readonly #kind: ItemKind;
  readonly #count: number;
  #next = 0;

  constructor(kind: ItemKind, count: number) {
    this.#kind = kind;
    this.#count = count;
  }

  /** @throws Error for an item that is not the next one. */
  readonly take = (item: Item): void => {
    if (item.id !== this.#next || !this.#isWhole(item)) {
      throw new Error(`wrong item: expected number ${this.#next} as ${ITEMS[this.#kind]}, got number ${item.id}`);
    }
    this.#next++;
  };

  /** @throws Error where items are missing. */
  end(): void {
    if (this.#next !== this.#count) throw new Error(`the stream ended after ${this.#next} of ${this.#count} items`);
  }

  #isWhole(item: Item): boolean {
    if ('text' in item) return this.#kind === 'small' && item.text === TEXT;
    const { data } = item;
    return this.#kind === '64k' && data.length === DATA.length && SAMPLES.every((at) => data[at] === DATA[at]);
  }
}
