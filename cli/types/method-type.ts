import type { JsonSchema, MethodDescription } from '../../index.js';
import { propertyKey, typeOfSchema, typesOfList } from './schema-type.js';

/** One method as a member of an interface, with its doc comment. Lines without an indent. */
export function methodMember({ method, parameters, streams, doc, args, returns }: MethodDescription): string[] {
  const list = parameterList(parameters, args);
  const result = resultType(returns);
  const returned = streams ? `AsyncGenerator<${result}>` : `Promise<${result}>`;
  return [...docLines(doc), `${propertyKey(method)}(${list}): ${returned};`];
}

interface Parameter {
  readonly name: string;
  readonly type: string;
  readonly isOptional: boolean;
  readonly isRest: boolean;
}

function parameterList(parameters: MethodDescription['parameters'], args: MethodDescription['args']): string {
  if (args !== undefined && !isList(args) && typesOfList(args) === undefined) {
    const type = typeOfSchema(args);
    return type.endsWith('[]') || type.startsWith('[') ? `...args: ${type}` : '...args: unknown[]';
  }
  const types = args === undefined ? undefined : isList(args) ? args.map(typeOfSchema) : typesOfList(args);
  if (parameters === null && types === undefined) return '...args: unknown[]';
  const count = Math.max(parameters?.length ?? 0, types?.length ?? 0);
  const list = Array.from({ length: count }, (_, at): Parameter => {
    const known = parameters?.[at];
    const type = types?.[at] ?? 'unknown';
    const isRest = known?.rest === true && types?.[at] === undefined;
    return { name: nameOf(known?.name, at), type, isOptional: known?.optional === true, isRest };
  });
  const named = distinct(list);
  // A parameter that may be left out cannot stand before one that may not.
  const lastRequired = named.findLastIndex(({ isOptional, isRest }) => !isOptional && !isRest);
  return named
    .map(({ name, type, isOptional, isRest }, at) => {
      if (isRest) return `...${name}: ${type}[]`;
      if (!isOptional) return `${name}: ${type}`;
      if (at > lastRequired) return `${name}?: ${type}`;
      return `${name}: ${type === 'unknown' ? type : `${type} | undefined`}`;
    })
    .join(', ');
}

/** Promises give the first result; the further ones reach callbacks alone. */
function resultType(returns: MethodDescription['returns']): string {
  if (returns === undefined) return 'unknown';
  if (isList(returns)) return returns.length === 0 ? 'void' : typeOfSchema(returns[0]);
  return typesOfList(returns)?.[0] ?? 'unknown';
}

function isList(schemas: readonly JsonSchema[] | JsonSchema): schemas is readonly JsonSchema[] {
  return Array.isArray(schemas);
}

/** Words that no parameter may be named after. */
const RESERVED = new Set(
  'arguments await break case catch class const continue debugger default delete do else enum eval export extends false finally for function if implements import in instanceof interface let new null package private protected public return static super switch this throw true try typeof var void while with yield'.split(
    ' ',
  ),
);

/** A pattern, such as `{ id }`, has no name: the number of the parameter stands for it. */
function nameOf(name: string | undefined, at: number): string {
  if (name === undefined || !/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name)) return `arg${at + 1}`;
  return RESERVED.has(name) ? `${name}_` : name;
}

function distinct(list: readonly Parameter[]): readonly Parameter[] {
  const seen = new Set<string>();
  return list.map((parameter, at) => {
    const name = seen.has(parameter.name) ? `${parameter.name}${at + 1}` : parameter.name;
    seen.add(name);
    return { ...parameter, name };
  });
}

function docLines(doc: string | undefined): string[] {
  if (doc === undefined || doc.trim() === '') return [];
  const lines = doc
    .replaceAll('*/', '*\\/')
    .replace(/[^\P{Cc}\n]|[\p{Cf}\p{Zl}\p{Zp}]/gu, ' ')
    .split('\n');
  if (lines.length === 1) return [`/** ${lines[0]} */`];
  return ['/**', ...lines.map((line) => ` * ${line}`.trimEnd()), ' */'];
}
