import { errorFields } from '../wire-errors.js';
import { withoutStacks } from './decode-budget.js';

/**
 * Parts of an Error inside of a value, in the order of the wire. A codec encodes each part as any other value. Peers of
 * version 0.1.0 read the first four parts and ignore further ones, so new parts go to the end.
 */
export const ERROR_PARTS = ['name', 'message', 'code', 'cause'] as const;

/** Parts of an Error that travel. The stack and fields of other names are not sent. */
export function errorParts(error: Error): readonly unknown[] {
  const { name, message, code } = errorFields(error);
  return [name, message, code, error.cause];
}

/** Makes an Error of its parts, as a msgpack value has them. Throws a TypeError for parts that are not those of an Error. */
export function errorOfParts([name, message, code, cause]: readonly unknown[]): Error {
  if (typeof name !== 'string' || typeof message !== 'string')
    throw new TypeError('a msgpack Error that is not made of texts');
  const error = withoutStacks(() => new (ERRORS.get(name) ?? Error)(message));
  if (error.name !== name) define(error, 'name', name);
  if (code !== undefined) Object.assign(error, { code });
  if (cause !== undefined) define(error, 'cause', cause);
  return error;
}

/**
 * Makes an Error of its parts that is safe to hand to serialize-json, which sends the stack and all fields, but not the name.
 * A stack tells a peer too much.
 */
export function stockErrorOfParts([name, message, code, cause]: readonly unknown[]): Error {
  const error = new Error(String(message));
  error.stack = `${name}: ${message}`;
  if (name !== 'Error') error.name = String(name);
  if (code !== undefined) Object.assign(error, { code });
  if (cause !== undefined) error.cause = cause;
  return error;
}

const ERRORS = new Map<unknown, new (message: string) => Error>(
  [EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError].map((known) => [known.name, known]),
);

/** Defines a field that is not enumerable, as fields of Errors are, so that the field is not printed twice. */
function define(error: Error, name: 'name' | 'cause', value: unknown): void {
  Object.defineProperty(error, name, { value, configurable: true, writable: true });
}
