import type { StandardSchemaV1 } from '@standard-schema/spec';
import { isFunction, isObject } from './functions.js';

/**
 * Whether a value has the face of a Standard Schema. Schemas of ArkType are functions, and those of zod are objects with
 * methods, so that neither the type nor the members of a value tell. Runs no getter.
 */
export function isSchemaLike(value: unknown): boolean {
  if (!isObject(value) && !isFunction(value)) return false;
  try {
    return '~standard' in value;
  } catch {
    return false; // a Proxy that refuses
  }
}

/** Whether a value is a schema of version 1 of the specification. */
export function isStandardSchema(value: unknown): value is StandardSchemaV1 {
  if (!isSchemaLike(value)) return false;
  try {
    const { version, validate } = (value as StandardSchemaV1)['~standard'];
    return version === 1 && isFunction(validate);
  } catch {
    return false; // a getter that throws
  }
}
