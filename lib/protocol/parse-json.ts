/**
 * JSON.parse for text from the wire. An object's `__proto__` key, which `JSON.parse` makes an own property, is left
 * out: whoever copied such an object key by key would give the copy a prototype of the sender's choosing.
 */
export function parseJson(text: string): unknown {
  // The key may be written with escapes. Text that has any is rare enough to be looked at key by key.
  return text.includes('__proto__') || text.includes('\\u') ? JSON.parse(text, withoutProto) : JSON.parse(text);
}

function withoutProto(this: unknown, key: string, value: unknown): unknown {
  return key === '__proto__' ? undefined : value;
}
