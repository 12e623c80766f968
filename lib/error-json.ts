import { errorParts, isError } from './error-parts.js';
import { estimate } from './value-estimate.js';

/** Errors in the JSON of one error: causes, and gathered errors. */
const MAX_ERRORS = 32;
/** Size of one field in JSON. Bytes */
const MAX_FIELD_BYTES = 16 * 1024;

/**
 * An error as an object for JSON: name, message, code, fields, and the chain of causes. Without the stack, since programs
 * answer requests with the JSON of an error. A field that JSON cannot write is left out. Never throws.
 */
export function errorJson(error: Error, seen: Set<Error> = new Set()): Record<string, unknown> {
  seen.add(error);
  const { name, message, code, cause, errors, fields } = errorParts(error);
  const part = (value: unknown): unknown => {
    if (!isError(value)) return isWritable(value) ? value : undefined;
    return seen.has(value) || seen.size >= MAX_ERRORS ? undefined : errorJson(value, seen);
  };
  return {
    name,
    message,
    code,
    ...Object.fromEntries(fields.map(([field, value]) => [field, part(value)])),
    cause: part(cause),
    errors: errors?.slice(0, MAX_ERRORS).map(part),
  };
}

function isWritable(value: unknown): boolean {
  if (typeof value === 'string') return true;
  if (estimate(value, MAX_FIELD_BYTES) !== undefined) return false;
  try {
    return JSON.stringify(value) !== undefined;
  } catch {
    return false; // a bigint, or a toJSON that throws
  }
}
