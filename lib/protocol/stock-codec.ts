import JSONEncoder from 'serialize-json/lib/encoder.js';
import type { Codec } from './codec.js';
import { DecodeBudget } from './decode-budget.js';
import { stockErrorOfParts } from './error-value.js';
import { type PlainAbilities, plainCopy } from './plain-copy.js';
import { decodeStock } from './stock-decoder.js';

const ABILITIES: PlainAbilities = {
  codec: 'serialize-json',
  buffersAndDates: true,
  undefined: true,
  halfPairs: false,
  // Whole numbers travel in base 36, and above 2^53 not all of them come back.
  carriesNumber: (value) =>
    !Number.isInteger(value) || Number.isSafeInteger(value) || Number.parseInt(value.toString(36), 36) === value,
  ofError: stockErrorOfParts,
};

/** serialize-json, which writes -0 among the whole numbers, as 0. Among the fractions, stock peers read -0. */
class StockEncoder extends JSONEncoder {
  override _buildNumberAst(value: number): object {
    if (!Object.is(value, -0)) return super._buildNumberAst(value);
    return { type: 'float', index: this.dictionary.floats.push('-0') - 1 };
  }
}

/**
 * Encoding of stock peers (cluster-client: `transcode`), which cannot agree on another.
 *
 * Each value has an encoder of its own: the shared encoder of serialize-json mixes up two values when a getter of one value
 * makes a call with the other.
 */
export const stockCodec: Codec = {
  name: 'serialize-json',
  encode(value, out) {
    const bytes = new StockEncoder().encode(plainCopy(value, ABILITIES, out));
    out.append(bytes, 0, bytes.length);
  },
  decode(bytes, start, end, budget = new DecodeBudget(end - start)) {
    return decodeStock(bytes, start, end, budget);
  },
};
