import { types } from 'node:util';
import { messageOf, RpcCode, RpcError } from '../errors.js';
import { isFunction, isObject, sourceOf } from './methods.js';
import type { ServiceMethod } from './service-registry.js';

/** Also true for the errors of another realm, such as a test runner's. */
export function isError(thrown: unknown): thrown is Error {
  return thrown instanceof Error || types.isNativeError(thrown);
}

/**
 * Whatever a method failed with, as an Error. An Error stays what it is; of an object that looks like one the name,
 * message and code are kept (pomelo's services answer `{ code: 500 }`); a string is the message.
 */
export function asError(thrown: unknown): Error {
  if (isError(thrown)) return thrown;
  if (typeof thrown === 'string') return new Error(thrown || 'failed with an empty string');
  if (!isObject(thrown)) return new Error(`failed with ${isFunction(thrown) ? 'a function' : messageOf(thrown)}`);
  const error = new Error('failed with an object that is not an Error', { cause: thrown });
  try {
    const { name, message, code } = thrown as { name?: unknown; message?: unknown; code?: unknown };
    if (typeof message === 'string') error.message = message;
    if (typeof name === 'string') error.name = name;
    if (typeof code === 'string' || typeof code === 'number') Object.assign(error, { code });
  } catch {
    // A throwing getter: what was read before it is kept.
  }
  return error;
}

/**
 * The error that a method without callbacks failed with, or {@link RpcCode.NeedsCallback} with it as `cause`, if
 * what it missed was its callback: fewer arguments were sent than it declares, and a parameter among those left
 * over was called, or handed to something of Node's that insists on a function.
 *
 * An async function gets no callback from the option either, so its errors are never taken for that.
 */
export function explained(method: ServiceMethod, sent: number, error: Error): Error {
  if (error.name !== 'TypeError' || method.fn.length <= sent || types.isAsyncFunction(method.fn)) return error;
  if (!calledMissingParameter(method, sent, error) && !handedOnUndefined(error)) return error;
  const message =
    `${method.name} wants a callback, which methods are given where the server or the path was set up with ` +
    `callbacks: true (${error.message})`;
  return new RpcError(RpcCode.NeedsCallback, message, { method: method.name, cause: error });
}

/** V8 names what was called: `cb is not a function`. */
function calledMissingParameter({ fn }: ServiceMethod, sent: number, error: Error): boolean {
  const [, called] = /^([\p{ID_Continue}$]+) is not a function$/u.exec(error.message) ?? [];
  return called !== undefined && parameters(sourceOf(fn)).slice(sent).includes(called);
}

/** `fs.readFile(file, undefined)`, `process.nextTick(undefined)`. */
function handedOnUndefined(error: Error & { code?: unknown }): boolean {
  return error.code === 'ERR_INVALID_ARG_TYPE' && /of type function\. Received undefined$/.test(error.message);
}

/** The names of plain parameters; empty where there are any of another kind, for what cannot be read is not guessed. */
export function parameters(source: string): string[] {
  const [, list = ''] = /^[^(=]*\(([^()]*)\)/.exec(source) ?? /^([\p{ID_Continue}$]+)\s*=>/u.exec(source) ?? [];
  const bare = list.replace(/\/\*.*?\*\//gs, '');
  const names = bare.split(',').map((name) => name.trim());
  return names.every((name) => /^[\p{ID_Continue}$]*$/u.test(name)) ? names : [];
}
