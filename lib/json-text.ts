import { types } from './value-types.js';

/**
 * JSON that no other package of the process changes. `JSON.stringify` calls a `toJSON` of every array and object, also one that
 * an older library (prototype.js, core-js 2) adds to `Array.prototype` or `Object.prototype`, and a program may replace
 * `JSON.stringify` itself. Heads of packets, keys and messages are written here.
 */
const { stringify } = JSON;
/** False where a package has replaced `JSON.stringify` before this module was loaded. */
const isNative =
  Function.prototype.toString.call(stringify).replace(/\s+/g, ' ') === 'function stringify() { [native code] }';
const dateToJson = Date.prototype.toJSON;

/** Prototypes of the language without a `toJSON`. One that is found there belongs to a neighbour, not to the value. */
const WITHOUT_TO_JSON: readonly object[] = [
  ...[Object.prototype, Array.prototype, Function.prototype, String.prototype, Number.prototype, Boolean.prototype],
  ...[Map.prototype, Set.prototype, RegExp.prototype, Error.prototype, Promise.prototype, Symbol.prototype],
];

/** Replaces a value, as the second argument of `JSON.stringify` does. `this` is the object that has the value. */
type Replacer = (this: unknown, key: string, value: unknown) => unknown;

/** The JSON of a value, as `JSON.stringify` writes it in a process that nothing has changed. Undefined for what has no JSON. */
export function jsonText(value: object | string, replacer?: Replacer): string;
export function jsonText(value: unknown, replacer?: Replacer): string | undefined;
export function jsonText(value: unknown, replacer?: Replacer): string | undefined {
  if (isNative && !isPatched()) return stringify(value, replacer);
  return written({ '': value }, '', replacer, []);
}

/** The `toJSON` of a value or of its class; undefined where there is none, or only one that a neighbour has added. */
export function toJsonOf(value: object): ((key?: string) => unknown) | undefined {
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON !== 'function') return undefined;
  let holder: object | null = value;
  while (holder !== null && !Object.hasOwn(holder, 'toJSON')) holder = Object.getPrototypeOf(holder);
  if (holder === Date.prototype) return dateToJson;
  return holder !== null && isOfLanguage(holder) ? undefined : (toJSON as (key?: string) => unknown);
}

/** True for a prototype that has no `toJSON` in an unchanged process. Prototypes of plain objects count in any realm. */
function isOfLanguage(holder: object): boolean {
  return WITHOUT_TO_JSON.includes(holder) || Object.hasOwn(holder, 'isPrototypeOf');
}

function isPatched(): boolean {
  return Date.prototype.toJSON !== dateToJson || WITHOUT_TO_JSON.some((prototype) => 'toJSON' in prototype);
}

function written(
  holder: object,
  key: string,
  replacer: Replacer | undefined,
  around: readonly object[],
): string | undefined {
  let value = formOf((holder as Record<string, unknown>)[key], key);
  if (replacer !== undefined) value = replacer.call(holder, key, value);
  if (types.isBoxedPrimitive(value)) value = (value as object).valueOf();
  switch (typeof value) {
    case 'string':
      return quote(value);
    case 'number':
      return Number.isFinite(value) ? String(value) : 'null';
    case 'boolean':
      return String(value);
    case 'bigint':
      throw new TypeError('JSON does not carry a bigint');
    case 'object':
      return value === null ? 'null' : objectText(value, replacer, around);
    default:
      return undefined;
  }
}

function objectText(value: object, replacer: Replacer | undefined, around: readonly object[]): string {
  if (around.includes(value)) throw new TypeError('JSON does not carry a cycle');
  const within = [...around, value];
  if (Array.isArray(value)) {
    const items: string[] = [];
    for (let i = 0; i < value.length; i++) items.push(written(value, String(i), replacer, within) ?? 'null');
    return `[${items.join(',')}]`;
  }
  const fields: string[] = [];
  for (const key of Object.keys(value)) {
    const text = written(value, key, replacer, within);
    if (text !== undefined) fields.push(`${quote(key)}:${text}`);
  }
  return `{${fields.join(',')}}`;
}

/** Returns the result of the value's `toJSON`, or the value itself without one. */
function formOf(value: unknown, key: string): unknown {
  if (typeof value === 'bigint') return bigintForm(value, key);
  if (typeof value !== 'object' || value === null) return value;
  const toJSON = toJsonOf(value);
  return toJSON === undefined ? value : toJSON.call(value, key);
}

/** JSON has no bigints. A program that gives them a `toJSON` chooses their form. */
function bigintForm(value: bigint, key: string): unknown {
  const { toJSON } = BigInt.prototype as { toJSON?: unknown };
  return Object.hasOwn(BigInt.prototype, 'toJSON') && typeof toJSON === 'function' ? toJSON.call(value, key) : value;
}

function quote(text: string): string {
  if (isNative) return stringify(text);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: JSON escapes them
  return `"${text.replace(/["\\\u0000-\u001f]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, escaped)}"`;
}

function escaped(char: string): string {
  return char === '"' || char === '\\' ? `\\${char}` : `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
