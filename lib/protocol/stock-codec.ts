import JSONEncoder from 'serialize-json/lib/encoder.js';
import type { Codec } from './codec.js';
import { DecodeBudget } from './decode-budget.js';
import { type CodecAbilities, type SentErrorFields, toEncodable } from './encodable.js';
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
  ofError: strippedError,
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

/** Makes an Error that is safe to send: serialize-json sends the stack and all fields, but not the name. A stack tells a peer too much. */
function strippedError({ name, message, code, cause }: SentErrorFields): Error {
  const error = new Error(message);
  error.stack = `${name}: ${message}`;
  if (name !== 'Error') error.name = name;
  if (code !== undefined) Object.assign(error, { code });
  if (cause !== undefined) error.cause = cause;
  return error;
}
