import type { Codec } from '../../../lib/protocol/codec.js';
import { decodeMsgpack } from '../../../lib/protocol/msgpack-decoder.js';
import { MsgpackEncoder } from '../../../lib/protocol/msgpack-encoder.js';

/** MessagePack with the extensions of msgpack-types.ts. A getter of a value may encode another value: each has an encoder. */
export const msgpackCodec: Codec = {
  name: 'msgpack',
  encode: (value, sink) => new MsgpackEncoder().encode(value, sink),
  decode: decodeMsgpack,
};
