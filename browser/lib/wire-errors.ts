import { type Delivery, messageOf, RpcCode, RpcError } from '../../lib/errors.js';
import { isReservedField } from '../../lib/reserved-field.js';
import { codeOf } from './error-parts.js';

/** Errors, one in the other, that are built again of one body. A sender sends fewer. */
const MAX_DEPTH = 64;

/** Parts of an error as they were received. */
export interface ReceivedParts {
  readonly name: string;
  readonly message: string;
  readonly code: string | number | undefined;
  readonly cause: unknown;
  readonly errors: readonly unknown[] | undefined;
  readonly fields: unknown;
}

export function fromWireError(value: unknown): Error {
  return rebuildError(value);
}

/** Builds an Error from the body of a failed answer. A body that has no message becomes the message. Never throws. */
export function rebuildError(body: unknown, depth = 0): Error {
  const { name, message, cause, fields, errors } = Object(body) as Record<string, unknown>;
  const isBody = typeof message === 'string';
  const again = (part: unknown): unknown => {
    const { value } = Object(part) as { value?: unknown };
    return value !== undefined || depth > MAX_DEPTH ? value : part && rebuildError(part, depth + 1);
  };
  return makeError({
    name: typeof name === 'string' ? name : 'Error',
    message: isBody ? message : messageOf(body),
    code: codeOf(Object(body)),
    cause: again(cause),
    errors: Array.isArray(errors) ? errors.map(again) : undefined,
    fields,
  });
}

const DELIVERIES: readonly unknown[] = ['not-sent', 'unknown', 'answered'] satisfies Delivery[];

/** Makes an error in the class that it had: RpcError, AggregateError, or Error with the name of another class. */
export function makeError({ name, message, code, cause, errors, fields }: ReceivedParts): Error {
  const ours = name === 'RpcError' ? Object.values(RpcCode).find((known) => known === code) : undefined;
  const error =
    ours !== undefined
      ? new RpcError(ours, message)
      : errors === undefined
        ? new Error(message)
        : new AggregateError(errors, message);
  const define = (field: string, value: unknown, enumerable: boolean): void => {
    if (value !== undefined)
      Object.defineProperty(error, field, { value, enumerable, configurable: true, writable: true });
  };
  if (error.name !== name) define('name', name, false);
  if (ours === undefined) define('code', code, true);
  define('cause', cause, false);
  for (const [field, value] of Object.entries(Object(fields) as object))
    if (!isReservedField(field) && (field !== 'delivery' || DELIVERIES.includes(value))) define(field, value, true);
  return error;
}
