import { RpcCode, RpcError } from '../errors.js';
import type { RawBytes } from '../raw-bytes.js';
import type { Codec } from './codec.js';
import { DecodeBudget } from './decode-budget.js';
import type { FrameWriter } from './frame-writer.js';
import { MAX_ITEMS } from './message.js';
import { readUint32 } from './packet.js';

/**
 * Writes an item of the list in a body, which holds arguments or results: a 4-byte length, then the encoded item. `name` stands
 * in the message for an item that the codec cannot carry. Source: cluster-client 3.7.0, lib/follower.js (`invoke`).
 */
export function encodeItem(out: FrameWriter, codec: Codec, item: unknown, name: string): void {
  const mark = out.beginItem();
  try {
    codec.encode(item, out);
  } catch (error) {
    throw named(error, name);
  }
  out.endItem(mark);
}

/**
 * Writes a list. `name`, `args` or `results`, stands in the message for an item that the codec cannot carry, as in
 * `args[1].save is a function`. Throws {@link RpcCode.Encode} for more items than the other end accepts.
 */
export function encodeList(
  out: FrameWriter,
  codec: Codec,
  items: readonly unknown[],
  name: 'args' | 'results' = 'args',
): void {
  if (items.length > MAX_ITEMS)
    throw new RpcError(RpcCode.Encode, `a list of ${items.length} items; the limit is ${MAX_ITEMS}`);
  let i = 0;
  try {
    for (; i < items.length; i++) {
      const mark = out.beginItem();
      codec.encode(items[i], out);
      out.endItem(mark);
    }
  } catch (error) {
    throw named(error, `${name}[${i}]`);
  }
}

/** Puts a name in place of `$`, which codecs call the value in their messages. */
function named(error: unknown, name: string): unknown {
  if (error instanceof Error) error.message = error.message.replace(/^\$/, () => name);
  return error;
}

/** Budget of all lists, one after the other: no code that could decode another list runs while a list is decoded. */
const budget = new DecodeBudget(0);

/**
 * Reads a list. Throws {@link RpcCode.BadRequest} when the lengths do not add up to exactly the bytes of the body, and what
 * the codec throws on bytes that are not a value.
 */
export function decodeList(codec: Codec, bytes: RawBytes, start: number, end: number, count: number): unknown[] {
  const items = listOf(count);
  budget.reset(end - start);
  let at = start;
  for (let i = 0; i < count; i++) {
    if (end - at < 4) throw lying(`item ${i + 1} of ${count} is missing`);
    const length = readUint32(bytes, at);
    at += 4;
    if (length > end - at) throw lying(`item ${i + 1} of ${count} claims ${length} bytes, ${end - at} are left`);
    items[i] = codec.decode(bytes, at, at + length, budget);
    at += length;
  }
  if (at !== end) throw lying(`${end - at} bytes are left over after ${count} items`);
  return items;
}

/** A list with places for the usual numbers of items: V8 would give one that grows places for seventeen, 128 bytes for each call. */
function listOf(count: number): unknown[] {
  if (count === 1) return [undefined];
  if (count === 2) return [undefined, undefined];
  if (count === 3) return [undefined, undefined, undefined];
  return [];
}

/** End of the first item of a list. Throws {@link RpcCode.BadRequest} for a list without items. */
export function itemEnd(bytes: RawBytes, start: number, end: number): number {
  if (end - start < 4) throw lying('item 1 is missing');
  const length = readUint32(bytes, start);
  if (length > end - start - 4) throw lying(`item 1 claims ${length} bytes, ${end - start - 4} are left`);
  return start + 4 + length;
}

function lying(what: string): RpcError {
  return new RpcError(RpcCode.BadRequest, `the body is not the list that the head announces: ${what}`);
}
