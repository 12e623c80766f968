const MOST_KNOWN = 20_000;
const known = new Map<string, string>();

/** A value in a form in which `chat-2` comes before `chat-10`. Forms are kept, since tables are sorted each second. */
export function comparable(value: number | string | null): number | string | null {
  if (typeof value !== 'string') return value;
  const found = known.get(value);
  if (found !== undefined) return found;
  if (known.size >= MOST_KNOWN) known.clear();
  const made = value.toLowerCase().replace(/\d+/g, (digits) => digits.padStart(12, '0'));
  known.set(value, made);
  return made;
}
