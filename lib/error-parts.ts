import { isReservedField } from './reserved-field.js';
import { types } from './value-types.js';

/**
 * Reads the parts of an error that travel: name, message, code, own enumerable fields, `cause`, and the `errors` of an
 * AggregateError. No function throws, whatever the getters of the error do. docs/errors.md, "What of an error travels", is the
 * design; `serving/error-body.ts` applies its bounds.
 */
export interface ErrorParts {
  readonly name: string;
  readonly message: string;
  readonly code: string | number | undefined;
  /** Undefined for an error without a cause. */
  readonly cause: unknown;
  /** Undefined for an error that does not gather other errors. */
  readonly errors: readonly unknown[] | undefined;
  /**
   * Own enumerable fields in order, without those that are parts of their own, and without {@link isReservedField}. A `code` that is
   * neither a text nor a number is a field.
   */
  readonly fields: readonly (readonly [name: string, value: unknown])[];
  /** Names of fields whose getters threw. */
  readonly unreadable: readonly string[];
}

/** True also for an error of another realm, such as a test runner's. Never throws. */
export function isError(thrown: unknown): thrown is Error {
  if (types.isNativeError(thrown)) return true;
  try {
    return thrown instanceof Error;
  } catch {
    return false; // a Proxy that was revoked, or refuses
  }
}

/** The `code` of an error, or of an object like one, if the code is of a type that travels. */
export function codeOf(error: object): string | number | undefined {
  const code = read(error, 'code');
  return isCode(code) ? code : undefined;
}

function isCode(code: unknown): code is string | number {
  return typeof code === 'string' || typeof code === 'number';
}

export function errorParts(error: Error): ErrorParts {
  const unreadable: string[] = [];
  const fields = ownFields(error, unreadable);
  return {
    name: textOf(read(error, 'name'), 'Error'),
    message: textOf(read(error, 'message'), 'the message of the error cannot be read'),
    code: codeOf(error),
    cause: read(error, 'cause'),
    errors: gathered(error),
    fields,
    unreadable,
  };
}

/** Own enumerable fields of any object, as those of an error. */
export function ownFields(object: object, unreadable: string[] = []): [string, unknown][] {
  const fields: [string, unknown][] = [];
  const isGathering = gathered(object) !== undefined;
  for (const name of namesOf(object)) {
    if (isReservedField(name) && name !== 'code' && (name !== 'errors' || isGathering)) continue;
    try {
      const value = (object as Record<string, unknown>)[name];
      if (value !== undefined && !(name === 'code' && isCode(value))) fields.push([name, value]);
    } catch {
      unreadable.push(name);
    }
  }
  return fields;
}

/** The errors that an AggregateError, or an error of that form, gathers. A list without errors is an ordinary field. */
function gathered(error: object): readonly unknown[] | undefined {
  const errors = read(error, 'errors');
  if (!Array.isArray(errors)) return undefined;
  return error instanceof AggregateError || read(error, 'name') === 'AggregateError' || errors.some(isError)
    ? errors
    : undefined;
}

function namesOf(object: object): string[] {
  try {
    return Object.keys(object);
  } catch {
    return []; // a Proxy that refuses
  }
}

function read(object: object, name: string): unknown {
  try {
    return (object as Record<string, unknown>)[name];
  } catch {
    return undefined; // a getter that throws
  }
}

function textOf(value: unknown, otherwise: string): string {
  if (typeof value === 'string') return value;
  if (value === undefined || value === null) return otherwise;
  try {
    return String(value);
  } catch {
    return otherwise;
  }
}
