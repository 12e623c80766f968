import { type Item, type ItemKind, itemsOf } from '../items.js';

/** The remote module that mailstation's server loads: its one method streams the first `count` items. */
export function items(kind: ItemKind, count: number): AsyncGenerator<Item, void, undefined> {
  return itemsOf(kind, count);
}
