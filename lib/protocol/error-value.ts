import { errorParts as partsOf } from '../error-parts.js';
import { makeError } from '../wire-errors.js';
import { withoutStacks } from './decode-budget.js';

/**
 * Parts of an Error inside of a value, in the order of the wire. A codec encodes each part as any other value. Peers of
 * version 0.1.0 read the first four parts and ignore further ones, so new parts go to the end.
 */
export const ERROR_PARTS = ['name', 'message', 'code', 'cause', 'fields', 'errors'] as const;

/**
 * Parts of an Error that travel. The last two are missing where the error has neither. The stack is not sent, and no field
 * whose getter throws.
 */
export function errorParts(error: Error): readonly unknown[] {
  const { name, message, code, cause, fields, errors } = partsOf(error);
  const parts = [name, message, code, cause];
  if (fields.length > 0 || errors !== undefined) parts.push(fields.length > 0 ? Object.fromEntries(fields) : undefined);
  if (errors !== undefined) parts.push(errors);
  return parts;
}

/** Makes an Error of its parts, as a msgpack value has them. Throws a TypeError for parts that are not those of an Error. */
export function errorOfParts([name, message, code, cause, fields, errors]: readonly unknown[]): Error {
  if (typeof name !== 'string' || typeof message !== 'string')
    throw new TypeError('a msgpack Error that is not made of texts');
  return withoutStacks(() =>
    makeError({
      name,
      message,
      code: typeof code === 'string' || typeof code === 'number' ? code : undefined,
      cause,
      fields: fields ?? {},
      errors: Array.isArray(errors) ? errors : undefined,
    }),
  );
}

/**
 * Makes an Error of its parts that is safe to hand to serialize-json, which sends the stack and all fields, but not the name.
 * A stack tells a peer too much.
 */
export function stockErrorOfParts([name, message, code, cause, fields, errors]: readonly unknown[]): Error {
  const error = new Error(String(message));
  error.stack = `${name}: ${message}`;
  if (name !== 'Error') error.name = String(name);
  Object.assign(error, fields);
  if (code !== undefined) Object.assign(error, { code });
  if (cause !== undefined) error.cause = cause;
  if (errors !== undefined) Object.assign(error, { errors });
  return error;
}
