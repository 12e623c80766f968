/** A value as a docstring writes it: `30_000`, `'df'`, `false`, `null`, `['msgpack', 'json']`. */
const LITERAL = /^(?:-?[\d_]+(?:\.\d+)?|'[^']*'|true|false|null|\[(?:'[^']*'(?:, )?)*\])$/;

export function isLiteral(text: string): boolean {
  return LITERAL.test(text);
}

export function parseLiteral(text: string): unknown {
  if (!isLiteral(text)) throw new Error(`not a value: ${text}`);
  return JSON.parse(text.replaceAll("'", '"').replaceAll('_', ''));
}

/** A range as a docstring writes it: `1 to 2^31 - 1`, `0 to 1`, `from 0`. Undefined for one in other words. */
export function rangeOf(text: string): { readonly min: number; readonly max: number } | undefined {
  const [, from, low, high] = /^(?:from ([\d_]+)|([\d_]+) to ([\d_]+|2\^31(?: - 1)?))$/.exec(text) ?? [];
  if (from !== undefined) return { min: number(from), max: Number.POSITIVE_INFINITY };
  return low === undefined || high === undefined ? undefined : { min: number(low), max: number(high) };
}

function number(text: string): number {
  if (text.startsWith('2^31')) return 2 ** 31 - (text.endsWith('1') && text.includes('-') ? 1 : 0);
  return Number(text.replaceAll('_', ''));
}

/** The values of a range that lists them: `'tcp' or 'ws'`. Undefined for a range in other words. */
export function valuesOf(text: string): readonly string[] | undefined {
  if (!/^'[\w-]+'(?:, '[\w-]+')*(?: (?:or|and) '[\w-]+')?$/.test(text)) return undefined;
  return [...text.matchAll(/'([\w-]+)'/g)].map(([, value = '']) => value);
}
