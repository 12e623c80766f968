import { messageOf, RpcCode, RpcError } from './errors.js';

/**
 * Decides which fields of an error travel, and builds an error again from fields that have arrived. Three kinds of errors travel:
 *
 * - the error of an answer: {@link errorFields}, read by {@link rebuildError}; the stack only with `exposeStack`, no cause;
 * - the error of a relay: {@link toWireError} and {@link fromWireError}; with causes, short enough for a packet's head;
 * - an error inside of a value, which a codec writes. The encoders walk through its parts as through any value
 *   (`protocol/error-value.ts`), and the decoders make the error in the class that it had, within the frame's allowance.
 *
 * `service/method-failure.ts` makes an Error of a value that a method has thrown, before anything travels.
 */

/** Length of a message that fits into a packet's head with two causes. Characters */
const MAX_MESSAGE = 1_000;
/** Causes that travel with an error. */
const MAX_CAUSES = 2;

/** Fields of an error that travel in every case. */
export interface ErrorFields {
  readonly name: string;
  readonly message: string;
  readonly code?: string | number;
}

/** An error as one mailstation process describes it to another. */
export interface WireError extends ErrorFields {
  readonly cause?: WireError;
}

/** The `code` of an error, or of an object like one, if the code is of a type that travels. */
export function codeOf(error: object): string | number | undefined {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' || typeof code === 'number' ? code : undefined;
}

export function errorFields(error: Error): ErrorFields {
  const { name, message } = error;
  const code = codeOf(error);
  return { name: String(name), message: String(message), ...(code !== undefined && { code }) };
}

/** Describes an error with up to `depth` of its causes. */
export function toWireError(error: Error, depth = MAX_CAUSES): WireError {
  const { name, message, code } = errorFields(error);
  const { cause } = error;
  return {
    name,
    message: message.slice(0, MAX_MESSAGE),
    ...(code !== undefined && { code }),
    ...(depth > 0 && cause instanceof Error && { cause: toWireError(cause, depth - 1) }),
  };
}

/** Reads a {@link WireError}: as an RpcError where the code is known, else as an Error. Never throws, whatever has arrived. */
export function fromWireError(value: unknown, depth = MAX_CAUSES): Error {
  const { name, message, code, cause } = fieldsOf(value);
  const detail = depth > 0 && cause !== undefined ? { cause: fromWireError(cause, depth - 1) } : {};
  const ours = name === 'RpcError' ? rpcCode(code) : undefined;
  const text = typeof message === 'string' ? message : 'the peer sent an error without a message';
  return ours === undefined ? rebuildError({ name, message: text, code }, detail) : new RpcError(ours, text, detail);
}

/**
 * Builds an Error from the fields of one. Only the listed fields are copied: a peer that could set any field could replace the
 * prototype. A body that has no message becomes the message.
 */
export function rebuildError(body: unknown, detail: { readonly cause?: unknown } = {}): Error {
  const { name, message, code, stack } = fieldsOf(body);
  const text =
    typeof message === 'string' ? message : messageOf(body ?? 'the method failed, and the server gave no reason');
  const error = new Error(text, detail);
  if (typeof name === 'string' && name !== 'Error')
    Object.defineProperty(error, 'name', { value: name, configurable: true, writable: true });
  if (typeof code === 'string' || typeof code === 'number') Object.assign(error, { code });
  // A stack of this process would lead to this line. A peer sends its stack only where it was told to expose it.
  error.stack = typeof stack === 'string' ? stack : `${error.name}: ${error.message}`;
  return error;
}

/** The code; undefined for any value that is no code of this version. */
export function rpcCode(code: unknown): RpcCode | undefined {
  return Object.values(RpcCode).find((known) => known === code);
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
