import { unfit } from '../options.js';
import type { Codec } from '../protocol/codec.js';

/**
 * Encoding of the values of a shared client, in place of the built-in ones. All processes must have the same. Source:
 * cluster-client.
 */
export interface Transcode {
  /** Returns the bytes, or the text, of a value. A thrown error rejects the call. */
  encode(value: unknown): Uint8Array | string;
  /** Returns the value of bytes that `encode` made. The buffer is a copy, and may be kept. */
  decode(bytes: Buffer): unknown;
}

/** Name of every custom encoding on the wire: two ends cannot tell whether they have the same one. */
const NAME = 'transcode';

/** Makes a codec. Throws {@link RpcCode.InvalidArgument} for a value without `encode` and `decode`. */
export function transcodeCodec(transcode: Transcode): Codec {
  if (typeof transcode?.encode !== 'function' || typeof transcode.decode !== 'function')
    throw unfit('transcode', 'an object with the functions encode and decode', transcode);
  return {
    name: NAME,
    encode(value, out) {
      const encoded = transcode.encode(value);
      const bytes = typeof encoded === 'string' ? Buffer.from(encoded) : encoded;
      if (!(bytes instanceof Uint8Array)) throw new TypeError('transcode.encode returned neither bytes nor a string');
      out.append(bytes, 0, bytes.length);
    },
    // A copy: the frame's bytes are overwritten later, and a decoder may return views of its input.
    decode: (bytes, start, end) => transcode.decode(Buffer.from(bytes.subarray(start, end))),
  };
}
