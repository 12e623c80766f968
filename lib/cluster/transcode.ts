import { invalid } from '../options.js';
import type { Codec } from '../protocol/codec.js';

/** How a user's own values become bytes and values again. Source: cluster-client, `transcode` */
export interface Transcode {
  encode(value: unknown): Uint8Array | string;
  decode(bytes: Buffer): unknown;
}

/** What it is called when two ends of our own agree on it: which one it is, they cannot tell. */
const NAME = 'transcode';

/** Throws {@link RpcCode.InvalidArgument} where it is none. */
export function transcodeCodec(transcode: Transcode): Codec {
  if (typeof transcode?.encode !== 'function' || typeof transcode.decode !== 'function')
    throw invalid('transcode must be an object with functions encode and decode');
  return {
    name: NAME,
    encode(value, out) {
      const encoded = transcode.encode(value);
      const bytes = typeof encoded === 'string' ? Buffer.from(encoded) : encoded;
      if (!(bytes instanceof Uint8Array)) throw new TypeError('transcode.encode returned neither bytes nor a string');
      out.append(bytes, 0, bytes.length);
    },
    // A copy: the frame's bytes are written over, and a decoder may well hand out views of what it is given.
    decode: (bytes, start, end) => transcode.decode(Buffer.from(bytes.subarray(start, end))),
  };
}
