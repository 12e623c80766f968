/** JSON of a result, for people: values that JSON does not know as objects with one field, or as texts. */
export function valueJson(value: unknown): string {
  return JSON.stringify(plain(value, 0)) ?? 'null';
}

/** Levels of nesting; deeper values are cut. */
const MAX_DEPTH = 64;

function plain(value: unknown, depth: number): unknown {
  if (typeof value === 'bigint') return { $bigint: String(value) };
  if (typeof value === 'number' && !Number.isFinite(value)) return { $number: String(value) };
  if (value === undefined) return null;
  if (typeof value !== 'object' || value === null) return value;
  if (depth > MAX_DEPTH) return '...';
  const inner = (each: unknown): unknown => plain(each, depth + 1);
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString('base64') };
  if (value instanceof Date) return { $date: Number.isNaN(value.getTime()) ? null : value.toISOString() };
  if (value instanceof Map) return { $map: [...value].map(([key, item]) => [inner(key), inner(item)]) };
  if (value instanceof Set) return { $set: [...value].map(inner) };
  if (value instanceof Error) return { $error: { name: value.name, message: value.message } };
  if (Array.isArray(value)) return value.map(inner);
  const fields: Record<string, unknown> = Object.create(null);
  for (const [name, item] of Object.entries(value)) fields[name] = inner(item);
  return fields;
}
