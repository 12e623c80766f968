import { Bytes } from './bytes.js';
import type { Codec } from './codec.js';
import type { ByteSink } from './frame-writer.js';
import { decodeMsgpack } from './msgpack-decoder.js';
import { MsgpackEncoder } from './msgpack-encoder.js';

/** MessagePack with the extensions of msgpack-types.ts: the codec between two ends of this package. */
export const msgpackCodec: Codec = { name: 'msgpack', encode: encodeMsgpack, decode: decodeMsgpack };

/** The encoder that is not in use. A getter or a toJSON of a value may encode another value, with an encoder of its own. */
let idle: MsgpackEncoder | undefined;

/** Writes a value. Throws an error that names the part of the value that cannot be carried. */
function encodeMsgpack(value: unknown, sink: ByteSink): void {
  if ((sink as Partial<ByteSink>).bytes === undefined) return encodeForOlderCopy(value, sink);
  const encoder = idle ?? new MsgpackEncoder();
  idle = undefined;
  try {
    encoder.encode(value, sink);
  } finally {
    idle = encoder;
  }
}

/**
 * Copies of the package in one process lead channels on each other's ports, and a copy of version 0.1.0 encodes with the codec
 * of the copy that holds the port. The sinks of such a copy can only append.
 */
function encodeForOlderCopy(value: unknown, sink: ByteSink): void {
  const bytes = new Bytes();
  bytes.hashedKeys = sink.hashedKeys;
  encodeMsgpack(value, bytes);
  sink.hashedKeys = bytes.hashedKeys;
  sink.append(bytes.written, 0, bytes.written.length);
}
