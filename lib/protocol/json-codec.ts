import type { Codec } from './codec.js';
import { type CodecAbilities, toEncodable } from './encodable.js';
import { parseJson } from './parse-json.js';

const ABILITIES: CodecAbilities = {
  codec: 'json',
  classes: [],
  views: [],
  bigint: false,
  sets: false,
  undefined: false,
  invalidDate: false,
  carriesNumber: Number.isFinite,
};

/**
 * Plain JSON, for users who want to read the packets. JSON is used only on request: JSON is slower than msgpack, and carries
 * neither Buffers nor Dates. An `undefined` item is encoded as zero bytes.
 */
export const jsonCodec: Codec = {
  name: 'json',
  encode(value, out) {
    const fit = toEncodable(value, ABILITIES, out);
    if (fit !== undefined) out.appendUtf8(JSON.stringify(fit));
  },
  decode(bytes, start, end) {
    return start === end ? undefined : parseJson(bytes.toString('utf8', start, end));
  },
};
