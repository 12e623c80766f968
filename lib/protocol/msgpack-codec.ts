import type { Codec } from './codec.js';
import { decodeMsgpack } from './msgpack-decoder.js';
import { encodeMsgpack } from './msgpack-encoder.js';

/** MessagePack with the extensions of msgpack-types.ts: the codec between two ends of this package. */
export const msgpackCodec: Codec = { name: 'msgpack', encode: encodeMsgpack, decode: decodeMsgpack };
