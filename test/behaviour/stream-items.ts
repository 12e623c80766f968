import type { RawPeer } from './raw-peers.js';

/** Body of a frame of items in json. A text stands for itself, so that it need not be json. `first`: number of the first item. */
export function itemsBody(first: number, ...values: readonly unknown[]): Buffer {
  const parts = values.map((value) => {
    const bytes = Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return Buffer.concat([length, bytes]);
  });
  const head = Buffer.alloc(8);
  head.writeUInt32BE(first, 4);
  return Buffer.concat([head, ...parts]);
}

/** Number of items in the body of a frame of items. */
function countOf(body: Buffer): number {
  let count = 0;
  for (let at = 8; at < body.length; at += 4 + body.readUInt32BE(at)) count += 1;
  return count;
}

/** Number of items that have arrived, of one call or of all: several may share a frame. */
export function itemsAt({ packets }: Pick<RawPeer, 'packets'>, ofId?: number): number {
  const frames = packets.filter(({ id, head }) => head.type === 'stream_items' && (ofId ?? id) === id);
  return frames.reduce((sum, { body }) => sum + countOf(body), 0);
}

/** Waits for frames that have so many items together. */
export async function nextItems(peer: RawPeer, count: number): Promise<void> {
  for (let left = count; left > 0; ) left -= countOf((await peer.next('stream_items')).body);
}
