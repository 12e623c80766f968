import type { Codec } from '../../../lib/protocol/codec.js';
import { msgpackCodec } from '../../../lib/protocol/msgpack-codec.js';
import { decodeStock } from './stock-decoder.js';

/** Name of an encoding of values. A page has the first. */
export type CodecName = 'msgpack' | 'json';

/** Encoding of the answer to a registration. A page encodes nothing by it. */
export const STOCK_CODEC: Codec = {
  name: 'stock',
  encode() {
    throw new TypeError('the server is not one of mailstation');
  },
  decode: decodeStock,
};

export const CODEC_NAMES: readonly CodecName[] = ['msgpack'];

export function chooseCodec(names: readonly string[]): Codec | undefined {
  return names.includes(msgpackCodec.name) ? msgpackCodec : undefined;
}
