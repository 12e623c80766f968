/** Taken when the package is loaded: a program may replace `JSON.parse`. */
const { parse } = JSON;

/**
 * Parses JSON from the wire. A key `__proto__`, which `JSON.parse` makes an own property, is left out: code that copied such
 * an object key by key would give the copy a prototype that the sender chose.
 */
export function parseJson(text: string): unknown {
  // The key may be written with escapes. Text with escapes is rare, and is checked key by key.
  return text.includes('__proto__') || text.includes('\\u') ? parse(text, withoutProto) : parse(text);
}

function withoutProto(this: unknown, key: string, value: unknown): unknown {
  return key === '__proto__' ? undefined : value;
}
