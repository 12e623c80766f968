import JSONEncoder from 'serialize-json/lib/encoder.js';
import type { Codec } from './codec.js';
import { DecodeBudget } from './decode-budget.js';
import { type CodecAbilities, toEncodable } from './encodable.js';
import { stockErrorOfParts } from './error-value.js';
import { decodeStock } from './stock-decoder.js';

const ABILITIES: CodecAbilities = {
  codec: 'serialize-json',
  classes: [Date],
  views: [Buffer],
  bigint: false,
  sets: false,
  undefined: true,
  invalidDate: false,
  // Whole numbers travel in base 36, and above 2^53 not all of them come back.
  carriesNumber: (value) =>
    !Number.isInteger(value) || Number.isSafeInteger(value) || Number.parseInt(value.toString(36), 36) === value,
  ofError: stockErrorOfParts,
};

/**
 * Encoding of stock peers (cluster-client: `transcode`), which cannot agree on another.
 *
 * Each value has an encoder of its own: the shared encoder of serialize-json mixes up two values when a getter of one value
 * makes a call with the other.
 */
export const stockCodec: Codec = {
  name: 'serialize-json',
  encode(value, out) {
    const bytes = new JSONEncoder().encode(toEncodable(value, ABILITIES, out));
    out.append(bytes, 0, bytes.length);
  },
  decode(bytes, start, end, budget = new DecodeBudget(end - start)) {
    return decodeStock(bytes, start, end, budget);
  },
};
