import type { JsonSchema } from '../../index.js';

type Schema = Readonly<Record<string, unknown>>;

/** Schemas may be nested without end. */
const MAX_DEPTH = 12;
/** Longer types help no reader. Characters */
const MAX_LENGTH = 4_000;
/** Parts of a schema that are read; further ones are unknown. */
const MAX_PARTS = 2_000;
const UNKNOWN = 'unknown';

/** The TypeScript type of a JSON Schema; `unknown` for what has no type in TypeScript, or none that is known here. */
export function typeOfSchema(schema: JsonSchema | undefined): string {
  if (schema === null || schema === undefined) return UNKNOWN;
  return bounded(typeOf(schema, { root: schema, refs: [], depth: 0, parts: { left: MAX_PARTS } }));
}

/** Types of the entries of a schema of a list, one for each position. Undefined where the schema is none of such a list. */
export function typesOfList(schema: JsonSchema): readonly string[] | undefined {
  const entries = schema?.['prefixItems'];
  if (!Array.isArray(entries) || schema?.['type'] !== 'array') return undefined;
  const parts = { left: MAX_PARTS };
  return entries.map((entry) => bounded(typeOf(entry, { root: schema ?? {}, refs: [], depth: 0, parts })));
}

/** A key as a property of a type: as it is, or in quotes. */
export function propertyKey(key: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(key) ? key : textType(key);
}

/** A text as a literal of TypeScript, with nothing that an editor or a terminal would obey. */
export function textType(text: string): string {
  const escaped = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  const inside = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'");
  return `'${inside.replace(/[^ -~]/g, escaped)}'`;
}

/** The place within a schema: references that lead there, so that a schema which refers to itself comes to an end. */
interface Place {
  readonly root: Schema;
  readonly refs: readonly string[];
  readonly depth: number;
  /** Parts that may still be read: of few parts that refer to each other, a schema can make more than there is time for. */
  readonly parts: { left: number };
}

const below = (place: Place): Place => ({ ...place, depth: place.depth + 1 });

function bounded(type: string): string {
  return type.length > MAX_LENGTH ? UNKNOWN : type;
}

function typeOf(schema: unknown, place: Place): string {
  if (schema === true || typeof schema !== 'object' || schema === null || place.depth > MAX_DEPTH) return UNKNOWN;
  place.parts.left -= 1;
  if (place.parts.left < 0) return UNKNOWN;
  const given = schema as Schema;
  const { $ref: ref } = given;
  if (typeof ref === 'string') {
    if (place.refs.includes(ref)) return UNKNOWN;
    return typeOf(found(ref, place.root), { ...below(place), refs: [...place.refs, ref] });
  }
  if ('const' in given) return literal(given['const']);
  if (Array.isArray(given['enum'])) return union(given['enum'].map(literal));
  for (const key of ['anyOf', 'oneOf'] as const) {
    const options = given[key];
    if (Array.isArray(options)) return union(options.map((each) => typeOf(each, below(place))));
  }
  if (Array.isArray(given['allOf'])) return intersection(given['allOf'].map((each) => typeOf(each, below(place))));
  const { type } = given;
  if (Array.isArray(type)) return union(type.map((each) => typeOf({ ...given, type: each }, below(place))));
  return typeOfName(type, given, place);
}

function typeOfName(type: unknown, schema: Schema, place: Place): string {
  switch (type) {
    case 'string':
      return 'string';
    case 'number':
    case 'integer':
      return 'number';
    case 'boolean':
      return 'boolean';
    case 'null':
      return 'null';
    case 'array':
      return listType(schema, place);
    case 'object':
      return objectType(schema, place);
    default:
      return UNKNOWN;
  }
}

function listType({ prefixItems, items, minItems }: Schema, place: Place): string {
  const rest = items === undefined || items === false ? undefined : typeOf(items, below(place));
  if (!Array.isArray(prefixItems)) return `${inParentheses(rest ?? UNKNOWN)}[]`;
  const required = typeof minItems === 'number' ? minItems : prefixItems.length;
  const entries = prefixItems.map((each, at) => {
    const entry = typeOf(each, below(place));
    return at < required ? entry : `${inParentheses(entry)}?`;
  });
  return `[${[...entries, ...(rest === undefined ? [] : [`...${inParentheses(rest)}[]`])].join(', ')}]`;
}

function objectType({ properties, required, additionalProperties }: Schema, place: Place): string {
  const known = typeof properties === 'object' && properties !== null ? Object.entries(properties) : [];
  const needed: readonly unknown[] = Array.isArray(required) ? required : [];
  const fields = known.map(([key, each]) => {
    const mark = needed.includes(key) ? '' : '?';
    return `${propertyKey(key)}${mark}: ${typeOf(each, below(place))}`;
  });
  if (known.length === 0) {
    const others = typeof additionalProperties === 'object' ? typeOf(additionalProperties, below(place)) : UNKNOWN;
    return additionalProperties === false ? 'Record<string, never>' : `Record<string, ${others}>`;
  }
  return `{ ${fields.join('; ')} }`;
}

/** A part of the same schema: `#/$defs/Room`, or `#` for the whole. */
function found(ref: string, root: Schema): unknown {
  if (!ref.startsWith('#')) return undefined;
  const path = ref.slice(1).split('/').slice(1);
  return path.reduce<unknown>((at, key) => {
    const name = key.replaceAll('~1', '/').replaceAll('~0', '~');
    return typeof at === 'object' && at !== null && Object.hasOwn(at, name) ? (at as Schema)[name] : undefined;
  }, root);
}

function literal(value: unknown): string {
  if (typeof value === 'string') return textType(value);
  if (value === null || typeof value === 'boolean' || Number.isFinite(value)) return String(value);
  return UNKNOWN;
}

function union(types: readonly string[]): string {
  if (types.length === 0 || types.includes(UNKNOWN)) return UNKNOWN;
  return [...new Set(types)].join(' | ');
}

function intersection(types: readonly string[]): string {
  const known = [...new Set(types.filter((type) => type !== UNKNOWN))];
  return known.length === 0 ? UNKNOWN : known.map(inParentheses).join(' & ');
}

function inParentheses(type: string): string {
  return / [|&] /.test(type) ? `(${type})` : type;
}
