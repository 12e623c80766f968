import type { Codec } from './codec.js';
import { jsonCodec } from './json-codec.js';
import { msgpackCodec } from './msgpack-codec.js';
import { stockCodec } from './stock-codec.js';

/** Name of an encoding of values: `msgpack` carries every value that may travel, `json` what JSON can write. */
export type CodecName = 'msgpack' | 'json';

/** Encoding toward stock cluster-client peers, which cannot agree on another. */
export const STOCK_CODEC: Codec = stockCodec;

const CODECS: Readonly<Record<CodecName, Codec>> = { msgpack: msgpackCodec, json: jsonCodec };
export const CODEC_NAMES = Object.keys(CODECS) as CodecName[];

/** Chooses the first name that is known here. The caller's order decides, as with TLS cipher suites and gRPC. */
export function chooseCodec(names: readonly string[]): Codec | undefined {
  for (const name of names) if (Object.hasOwn(CODECS, name)) return CODECS[name as CodecName];
  return undefined;
}
