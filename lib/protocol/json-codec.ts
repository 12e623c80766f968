import { jsonText } from '../json-text.js';
import { readUtf8 } from '../raw-bytes.js';
import type { Codec } from './codec.js';
import { DecodeBudget } from './decode-budget.js';
import { chargeJson } from './json-cost.js';
import { parseJson } from './parse-json.js';
import { type PlainAbilities, plainCopy } from './plain-copy.js';

const ABILITIES: PlainAbilities = {
  codec: 'json',
  buffersAndDates: false,
  undefined: false,
  halfPairs: true,
  carriesNumber: Number.isFinite,
};

/**
 * Plain JSON, for users who want to read the packets. JSON is used only on request: JSON is slower than msgpack, and carries
 * neither Buffers nor Dates. An `undefined` item is encoded as zero bytes.
 */
export const jsonCodec: Codec = {
  name: 'json',
  encode(value, out) {
    const text = jsonText(plainCopy(value, ABILITIES, out));
    if (text !== undefined) out.appendUtf8(text);
  },
  decode(bytes, start, end, budget = new DecodeBudget(end - start)) {
    if (start === end) return undefined;
    chargeJson(bytes, start, end, budget);
    return parseJson(readUtf8(bytes, start, end));
  },
};
