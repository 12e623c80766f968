import type { Codec } from './codec.js';
import { jsonCodec } from './json-codec.js';
import { msgpackCodec } from './msgpack-codec.js';
import { stockCodec } from './stock-codec.js';

export type CodecName = 'msgpack' | 'json';

/** Toward stock cluster-client peers, where nothing can be agreed on. */
export const STOCK_CODEC: Codec = stockCodec;

const CODECS: Readonly<Record<CodecName, Codec>> = { msgpack: msgpackCodec, json: jsonCodec };
export const CODEC_NAMES = Object.keys(CODECS) as CodecName[];

/** The first of the names that we know. The caller's order wins, as it does for TLS cipher suites and for gRPC. */
export function chooseCodec(names: readonly string[]): Codec | undefined {
  for (const name of names) if (Object.hasOwn(CODECS, name)) return CODECS[name as CodecName];
  return undefined;
}
