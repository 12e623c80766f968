import { types } from 'node:util';
import { jsonText } from '../json-text.js';
import { sourceOf } from './functions.js';
import { isPositional, type ListSchemas } from './list-check.js';
import { type ParameterName, parameterNames } from './parameters.js';
import type { ServedMethod } from './service-registry.js';

/** A JSON Schema, or null where the schema has none. */
export type JsonSchema = Readonly<Record<string, unknown>> | null;

/** A method, described for its callers. Later versions may add fields. */
export interface MethodDescription {
  /** Whole name, as callers write it on the wire: `namespace.module.method`. Any part may have dots. */
  readonly name: string;
  readonly namespace: string;
  readonly module: string;
  readonly method: string;
  /** Parameters as the source has them, without the callback. Null for a function without a readable source, such as a bound one. */
  readonly parameters: readonly ParameterName[] | null;
  /** True for an async generator, whose results are a stream. A method that returns a stream otherwise is not known as one. */
  readonly streams: boolean;
  /** Text of the doc comment in the source; absent where none was found. */
  readonly doc?: string;
  /** JSON Schemas of the arguments of a checked method: one for each, or one for the whole list of arguments. Absent for other methods. */
  readonly args?: readonly JsonSchema[] | JsonSchema;
  /** JSON Schemas of the results of a checked method that checks its results, in the same form. */
  readonly returns?: readonly JsonSchema[] | JsonSchema;
}

/** Longest JSON of a schema in a description. Characters */
const MAX_SCHEMA = 16_384;
const TARGET = { target: 'draft-2020-12' } as const;

/** Describes a method. Runs code of the schemas, which may fail, and none of the method. */
export function describeMethod(served: ServedMethod, doc: string | undefined): MethodDescription {
  const { name, namespace, service: module, method, fn, checks, callbacks, takes } = served;
  const parameters = parameterNames(sourceOf(fn));
  const hasCallback = callbacks && takes?.callback !== undefined;
  return {
    ...{ name, namespace, module, method },
    parameters: (hasCallback ? parameters?.slice(0, -1) : parameters) ?? null,
    streams: types.isGeneratorFunction(fn) && types.isAsyncFunction(fn),
    ...(doc !== undefined && { doc }),
    ...(checks !== undefined && { args: schemasOf(checks.args, 'input') }),
    ...(checks?.returns !== undefined && { returns: schemasOf(checks.returns, 'output') }),
  };
}

function schemasOf(schemas: ListSchemas, side: 'input' | 'output'): readonly JsonSchema[] | JsonSchema {
  return isPositional(schemas) ? schemas.map((schema) => jsonSchemaOf(schema, side)) : jsonSchemaOf(schemas, side);
}

/** The JSON Schema of a Standard Schema that has the face for it. Libraries throw for types that JSON does not have. */
function jsonSchemaOf(schema: unknown, side: 'input' | 'output'): JsonSchema {
  try {
    const face = (
      schema as { readonly '~standard': { readonly jsonSchema?: Record<string, (of: object) => unknown> } }
    )['~standard'].jsonSchema;
    const text = jsonText(face?.[side]?.(TARGET));
    if (text === undefined || text.length > MAX_SCHEMA) return null;
    const json: unknown = JSON.parse(text);
    return typeof json === 'object' && !Array.isArray(json) ? (json as JsonSchema) : null;
  } catch {
    return null;
  }
}
