import { escapeControls } from '../lib/quoted.js';

/**
 * A value as JSON text, whatever the value is. Values that JSON does not have become the nearest that it has: a bigint its digits as a text, a Map
 * a list of pairs, a Set a list, bytes their base64, an error its name, message, code and causes, and what is not there `null`. Characters that a
 * terminal would obey are escaped: they can stand in texts alone, where the escapes mean the same.
 */
export function jsonOf(value: unknown, indent?: number): string {
  return escapeControls(JSON.stringify(plain(value, []), undefined, indent) ?? 'null');
}

function plain(value: unknown, within: readonly object[]): unknown {
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (value === undefined || typeof value === 'function' || typeof value === 'symbol') return null;
  if (typeof value !== 'object' || value === null) return value;
  if (within.includes(value)) return null; // a circle, which the codecs carry
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Uint8Array)
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
  const inside = [...within, value];
  const list = (items: Iterable<unknown>): unknown[] => Array.from(items, (item) => plain(item, inside));
  if (Array.isArray(value) || value instanceof Set) return list(value);
  if (value instanceof Map) return list(value);
  if (value instanceof Error) return plain(errorFields(value), inside);
  const entries = Object.entries(value).flatMap(([key, each]) =>
    each === undefined ? [] : [[key, plain(each, inside)] as const],
  );
  // A key such as __proto__ must stay a key.
  return Object.fromEntries(entries);
}

function errorFields({ name, message, cause, ...fields }: Error): Record<string, unknown> {
  return { name, message, ...fields, ...(cause !== undefined && { cause }) };
}
