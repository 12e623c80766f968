import JSONDecoder from 'serialize-json/lib/decoder.js';
import JSONEncoder from 'serialize-json/lib/encoder.js';
import type { Codec } from './codec.js';
import { type Carries, type ErrorFields, faithful } from './faithful.js';

const CARRIES: Carries = {
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
 * What cluster-client calls `transcode`: the encoding of stock peers, where nothing else can be agreed on.
 *
 * An encoder and a decoder for each value: the package's own shared ones mix up two values when a getter of the one
 * makes a call with the other, and keep the last one decoded.
 */
export const stockCodec: Codec = {
  name: 'serialize-json',
  encode(value, out) {
    const bytes = new JSONEncoder().encode(faithful(value, CARRIES));
    out.append(bytes, 0, bytes.length);
  },
  decode(bytes, start, end) {
    const encoded = bytes.subarray(start, end);
    const value = new JSONDecoder().decode(encoded);
    // The decoder assigns key by key, so that a key `__proto__` replaces the prototype of what it decodes. Such a key
    // is in the text as it is, or it is a Buffer (marked by a *), which becomes text only when it is used as a key.
    if (encoded.includes('__proto__') || encoded.includes('*')) refuseForeignPrototypes(value);
    return value;
  },
};

/** serialize-json sends the stack and all fields. The stack tells strangers too much, and the name it leaves out. */
function strippedError({ name, message, code, cause }: ErrorFields): Error {
  const error = new Error(message);
  error.stack = `${name}: ${message}`;
  if (name !== 'Error') error.name = name;
  if (code !== undefined) Object.assign(error, { code });
  if (cause !== undefined) error.cause = cause;
  return error;
}

const EXPECTED_PROTOTYPES: readonly unknown[] = [
  Object.prototype,
  Array.prototype,
  Buffer.prototype,
  Date.prototype,
  Error.prototype,
];

function refuseForeignPrototypes(value: unknown): void {
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return;
  if (!EXPECTED_PROTOTYPES.includes(Object.getPrototypeOf(value))) throw new TypeError('the value sets a __proto__');
  // Not only the enumerable ones: an Error's message may be an object, too.
  for (const name of Object.getOwnPropertyNames(value))
    refuseForeignPrototypes((value as Record<string, unknown>)[name]);
}
