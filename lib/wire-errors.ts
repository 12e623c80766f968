import { readIssues } from './argument-issue.js';
import { calledBackIn, noteResults } from './called-back.js';
import { errorParts, isError } from './error-parts.js';
import { type Delivery, type FailedAttempt, messageOf, RpcCode, RpcError, type RpcErrorDetail } from './errors.js';
import { isReservedField } from './reserved-field.js';

/**
 * Errors as one mailstation process describes them to another, and back. docs/errors.md, "What of an error travels", is the
 * design. Three kinds of errors travel, and {@link makeError} builds all of them again:
 *
 * - the error of an answer or of a relay, described by `serving/error-body.ts` and read by {@link rebuildError};
 * - the reason in a relay's report of a mailbox: {@link toWireError} and {@link fromWireError}; short enough for a packet's head;
 * - an error inside of a value, which a codec writes. The encoders walk through its parts as through any value
 *   (`protocol/error-value.ts`), and the decoders make the error, within the frame's allowance.
 *
 * `service/method-failure.ts` makes an Error of a value that a method has thrown, before anything travels.
 */

/** Length of a message that fits into a packet's head with two causes. Characters */
const MAX_MESSAGE = 1_000;
/** Causes that travel in a head. */
const MAX_CAUSES = 2;

/** Errors, one in the other, that are built again of one body; a sender sends fewer. */
const MAX_REBUILT_DEPTH = 64;
/** All errors that are built again of one body. A sender sends fewer. */
const MAX_REBUILT = 128;

/** An error in the body of an answer. Older versions read the first four fields, and ignore the others. */
export interface ErrorBody {
  readonly name: string;
  readonly message: string;
  readonly code?: string | number;
  readonly stack?: string;
  /** Own enumerable fields. */
  readonly fields?: Readonly<Record<string, unknown>>;
  readonly cause?: Reason;
  /** Errors that an AggregateError gathers. */
  readonly errors?: readonly Reason[];
  /** All that the method gave its callback, with a value in the place of the error. */
  readonly callbackArguments?: readonly unknown[];
  /** Results that the method gave its callback beside the error. */
  readonly callbackResults?: readonly unknown[];
}

/** A cause: an error, or a value of another kind. */
export type Reason = ErrorBody | { readonly value: unknown };

/** An error in a packet's head. */
export interface WireError {
  readonly name: string;
  readonly message: string;
  readonly code?: string | number;
  readonly cause?: WireError;
}

/** Describes an error with up to `depth` of its causes. */
export function toWireError(error: Error, depth = MAX_CAUSES): WireError {
  const { name, message, code, cause } = errorParts(error);
  return {
    name,
    message: message.slice(0, MAX_MESSAGE),
    ...(code !== undefined && { code }),
    ...(depth > 0 && isError(cause) && { cause: toWireError(cause, depth - 1) }),
  };
}

/** Reads a {@link WireError}: as an RpcError where the code is known, else as an Error. Never throws, whatever has arrived. */
export function fromWireError(value: unknown): Error {
  const { message } = fieldsOf(value);
  const text = typeof message === 'string' ? message : 'the peer sent an error without a message';
  return rebuildError({ ...fieldsOf(value), message: text });
}

/**
 * Builds an Error from the body of a failed answer, with all that {@link ErrorBody} has. A body that has no message becomes
 * the message. Never throws, whatever has arrived.
 */
export function rebuildError(body: unknown): Error {
  const error = rebuild(body, 0, { left: MAX_REBUILT });
  const { callbackResults } = fieldsOf(body);
  if (Array.isArray(callbackResults)) noteResults(error, callbackResults);
  return error;
}

function rebuild(body: unknown, depth: number, count: { left: number }): Error {
  count.left -= 1;
  const calledBack = calledBackIn(body);
  if (calledBack !== undefined) return calledBack;
  const { name, message, code, stack, fields, cause, errors } = fieldsOf(body);
  const isDeep = depth >= MAX_REBUILT_DEPTH;
  const reason = (each: unknown): unknown => {
    if (isError(each)) return each; // a stock peer's codec carries Errors
    const isValue = typeof each === 'object' && each !== null && 'value' in each && !('message' in each);
    return isValue ? each.value : rebuild(each, depth + 1, count);
  };
  const gathered: unknown[] = [];
  const parts = {
    name: typeof name === 'string' ? name : 'Error',
    message:
      typeof message === 'string' ? message : messageOf(body ?? 'the method failed, and the server gave no reason'),
    code: typeof code === 'string' || typeof code === 'number' ? code : undefined,
    cause: cause === undefined || isDeep || count.left <= 0 ? undefined : reason(cause),
    errors: Array.isArray(errors) ? gathered : undefined,
    fields,
  };
  if (Array.isArray(errors) && !isDeep) {
    for (const each of errors) {
      if (count.left <= 0) break;
      gathered.push(reason(each));
    }
  }
  const error = makeError(parts);
  // A stack of this process would lead to this line. A peer sends its stack only where it was told to expose it.
  error.stack = typeof stack === 'string' ? stack : `${error.name}: ${error.message}`;
  return error;
}

const CLASSES = new Map<string, new (message: string) => Error>(
  [EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError].map((known) => [known.name, known]),
);

/** Parts of an error that has arrived. Fields are checked here: a peer that could set any field could replace the prototype. */
export interface ReceivedParts {
  readonly name: string;
  readonly message: string;
  readonly code: string | number | undefined;
  readonly cause: unknown;
  readonly errors: readonly unknown[] | undefined;
  /** An object; any other value has no fields. */
  readonly fields: unknown;
}

/** Makes an error in the class that it had: {@link RpcError}, AggregateError, or another class of the language. */
export function makeError({ name, message, code, cause, errors, ...received }: ReceivedParts): Error {
  const fields = fieldsOf(received.fields);
  const error = ofClass(name, message, code, errors, fields);
  if (error.name !== name) define(error, 'name', name);
  if (code !== undefined && !(error instanceof RpcError)) Object.assign(error, { code });
  if (cause !== undefined) define(error, 'cause', cause);
  if (errors !== undefined && !(error instanceof AggregateError)) define(error, 'errors', errors);
  const isOurs = error instanceof RpcError;
  /** A code of another type than text and number. */
  const isOtherCode = (field: string): boolean => field === 'code' && code === undefined && !isOurs;
  for (const [field, value] of Object.entries(fields)) {
    const isPart = isReservedField(field) && !(field === 'errors' ? errors === undefined : isOtherCode(field));
    const isWrong = isOurs && RPC_FIELDS.includes(field) && !(field === 'timing' && typeof value === 'object');
    if (!isPart && !isWrong)
      Object.defineProperty(error, field, { value, enumerable: true, configurable: true, writable: true });
  }
  return error;
}

function ofClass(
  name: string,
  message: string,
  code: string | number | undefined,
  errors: readonly unknown[] | undefined,
  fields: Readonly<Record<string, unknown>>,
): Error {
  const ours = name === 'RpcError' ? rpcCode(code) : undefined;
  if (ours !== undefined) return new RpcError(ours, message, detailOf(fields));
  if (name === 'AggregateError' && errors !== undefined) return new AggregateError(errors, message);
  return new (CLASSES.get(name) ?? Error)(message);
}

/** Fields that only the constructor of an RpcError sets, after a check. */
const RPC_FIELDS: readonly string[] = ['serverId', 'method', 'delivery', 'attempts', 'timing', 'retryAfter', 'issues'];
const DELIVERIES: readonly unknown[] = ['not-sent', 'unknown', 'answered'] satisfies Delivery[];

/** Fields of an RpcError that have the type that they promise. */
function detailOf({
  serverId,
  method,
  delivery,
  attempts,
  retryAfter,
  issues,
}: Readonly<Record<string, unknown>>): RpcErrorDetail {
  return {
    serverId: typeof serverId === 'string' ? serverId : undefined,
    method: typeof method === 'string' ? method : undefined,
    delivery: DELIVERIES.includes(delivery) ? (delivery as Delivery) : undefined,
    retryAfter: typeof retryAfter === 'number' ? retryAfter : undefined,
    issues: readIssues(issues),
    attempts: Array.isArray(attempts) && attempts.every(isAttempt) ? attempts : undefined,
  };
}

function isAttempt(value: unknown): value is FailedAttempt {
  const { serverId, code, delivery } = fieldsOf(value);
  const isKnown = delivery === undefined || DELIVERIES.includes(delivery);
  return isKnown && rpcCode(code) !== undefined && (serverId === undefined || typeof serverId === 'string');
}

/** Defines a part that is not enumerable, as parts of Errors are, so that the part is not printed twice. */
function define(error: Error, name: 'name' | 'cause' | 'errors', value: unknown): void {
  Object.defineProperty(error, name, { value, configurable: true, writable: true });
}

/** The code; undefined for any value that is no code of this version. */
export function rpcCode(code: unknown): RpcCode | undefined {
  return Object.values(RpcCode).find((known) => known === code);
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
