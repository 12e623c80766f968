type Replacer = (this: unknown, key: string, value: unknown) => unknown;

/** The JSON of a value. Undefined for what has no JSON. */
export function jsonText(value: object | string, replacer?: Replacer): string;
export function jsonText(value: unknown, replacer?: Replacer): string | undefined;
export function jsonText(value: unknown, replacer?: Replacer): string | undefined {
  return JSON.stringify(value, replacer);
}

/** The `toJSON` of a value or of its class. */
export function toJsonOf(value: object): ((key?: string) => unknown) | undefined {
  const { toJSON } = value as { toJSON?: unknown };
  return typeof toJSON === 'function' ? (toJSON as (key?: string) => unknown) : undefined;
}
