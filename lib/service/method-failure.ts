import { types } from 'node:util';
import type { Logger } from '../diagnostics.js';
import { codeOf, isError, ownFields } from '../error-parts.js';
import { messageOf, RpcCode, RpcError } from '../errors.js';
import type { Takes } from './callback-parameter.js';
import { isFunction, isObject, sourceOf } from './methods.js';
import type { ServiceMethod } from './service-registry.js';

/**
 * The value that a method failed with, as an Error. An Error stays as it is. An object keeps its name, message, code and other
 * fields, since pomelo's services answer `{ code: 500 }`, and is the `cause`. A string becomes the message.
 */
export function methodError(thrown: unknown): Error {
  if (isError(thrown)) return thrown;
  if (typeof thrown === 'string') return new Error(thrown || 'failed with an empty string');
  if (isFunction(thrown) || typeof thrown === 'symbol')
    return new Error(`failed with ${isFunction(thrown) ? 'a function' : messageOf(thrown)}`);
  if (!isObject(thrown)) return new Error(`failed with ${messageOf(thrown)}`, { cause: thrown ?? undefined });
  const error = new Error('failed with an object that is not an Error', { cause: thrown });
  try {
    const { name, message } = thrown as { name?: unknown; message?: unknown };
    if (typeof message === 'string') error.message = message;
    if (typeof name === 'string') error.name = name;
  } catch {
    // A getter threw: the properties that were read before are kept.
  }
  const code = codeOf(thrown);
  if (code !== undefined) Object.assign(error, { code });
  if (!hasNoFields(thrown)) {
    for (const [field, value] of ownFields(thrown))
      Object.defineProperty(error, field, { value, enumerable: true, configurable: true, writable: true });
  }
  return error;
}

/** True for an array, whose items are no fields, and for a Proxy that was revoked. */
function hasNoFields(object: object): boolean {
  try {
    return Array.isArray(object);
  } catch {
    return true;
  }
}

/**
 * Explains the failure of a method that expected a callback and got none: {@link RpcCode.NeedsCallback}, with the error as
 * `cause`. The method had declared more parameters than arguments were sent, and either called one of the missing ones or
 * passed one to a function of Node that requires a callback. Any other error is returned as it is.
 *
 * An async function gets no callback with the option either, so its errors are never explained like this.
 */
export function explainMissingCallback(method: ServiceMethod, sent: number, error: Error): Error {
  if (error.name !== 'TypeError' || method.fn.length <= sent || types.isAsyncFunction(method.fn)) return error;
  if (!calledMissingParameter(method, sent, error) && !passedUndefined(error)) return error;
  const message =
    `${method.name} needs a callback, and its source does not show that; set the option callbacks: true for the server ` +
    `or the path, or name the last parameter callback (${error.message})`;
  return new RpcError(RpcCode.NeedsCallback, message, { method: method.name, cause: error });
}

/**
 * Logs, once for each method, that a bound or wrapped method has answered with nothing, in its caller's turn. Such a method may
 * take a callback, which it would call later, outside of any code of the package: an exception there ends the process.
 */
export function noteHiddenCallback(method: ServiceMethod, sent: number, logger: Logger): void {
  const { name, fn } = method;
  const isBound = sourceOf(fn).endsWith('{ [native code] }');
  if (types.isAsyncFunction(fn) || (isBound && fn.length <= sent)) return;
  method.mayHideCallback = false;
  logger.warn(
    `mailstation: ${name} answered at once, without a result, and its source does not show its parameters, since the method is ` +
      `${isBound ? 'bound' : 'wrapped'}: if the method takes a callback, set the option callbacks: true for the server or the ` +
      'path, or else false, which ends this line',
  );
}

/** Error of a call with an argument in the place of the callback: the method would call the argument, perhaps much later. */
export function misplacedCallback(
  { name }: ServiceMethod,
  { parameters: count, callback }: Takes,
  sent: number,
): RpcError {
  const takes = count - 1;
  const message =
    `${name} was not started with ${sent} arguments: it takes ${takes} and then calls its parameter ${callback}, ` +
    `which the server passes; call it with at most ${takes}`;
  return new RpcError(RpcCode.NeedsCallback, message, { method: name });
}

/** True where the called parameter is missing. V8 names that parameter: `cb is not a function`. */
function calledMissingParameter({ fn }: ServiceMethod, sent: number, error: Error): boolean {
  const [, called] = /^([\p{ID_Continue}$]+) is not a function$/u.exec(error.message) ?? [];
  return called !== undefined && parameters(sourceOf(fn)).slice(sent).includes(called);
}

/** True for a call such as `fs.readFile(file, undefined)` or `process.nextTick(undefined)`. */
function passedUndefined(error: Error & { code?: unknown }): boolean {
  return error.code === 'ERR_INVALID_ARG_TYPE' && /of type function\. Received undefined$/.test(error.message);
}

/** Names of the parameters. Empty where one of them is not a plain name: the source is read, and nothing is guessed. */
export function parameters(source: string): string[] {
  const [, list = ''] = /^[^(=]*\(([^()]*)\)/.exec(source) ?? /^([\p{ID_Continue}$]+)\s*=>/u.exec(source) ?? [];
  const bare = list.replace(/\/\*.*?\*\//gs, '');
  const names = bare.split(',').map((name) => name.trim());
  return names.every((name) => /^[\p{ID_Continue}$]*$/u.test(name)) ? names : [];
}
