import { types } from 'node:util';
import { ConcealedFailure } from '../concealed-failure.js';
import { isStreamable } from '../stream/stream-source.js';
import { argumentsError, resultsError } from './check-errors.js';
import type { Checks } from './checked-method.js';
import { CheckedStream } from './checked-stream.js';
import { isFunction, isObject, type Method } from './functions.js';
import { ListCheck, type ListSchemas, withoutMissing } from './list-check.js';

/** A call of a checked method within its own process, as a test makes one. No part of the package calls a method in this way. */
export interface DirectCall {
  readonly fn: Method;
  readonly checks: Checks;
  readonly self: unknown;
  /** Name of the method, for error texts. */
  readonly name: string;
}

/**
 * Checks the arguments, calls the method and checks the result. Arguments that do not fit reach the callback, or else reject the
 * promise of an async function or of an asynchronous schema, or else are thrown.
 */
export function callDirectly(call: DirectCall, given: readonly unknown[]): unknown {
  const last = given.at(-1);
  const callback = isFunction(last) ? last : undefined;
  const check = new ListCheck();
  const run = (): unknown => {
    const error = argumentsError(check, call.name);
    if (error !== undefined && callback === undefined) throw ConcealedFailure.inside(error);
    if (error !== undefined) return void callback?.(ConcealedFailure.inside(error));
    return start(call, check.outputs, callback);
  };
  const waiting = check.run(call.checks.args, callback === undefined ? given : given.slice(0, -1));
  if (waiting !== undefined) return waiting.then(run);
  // Node counts async generators among the async functions.
  if (!types.isAsyncFunction(call.fn) || types.isGeneratorFunction(call.fn)) return run();
  try {
    return run();
  } catch (error) {
    return Promise.reject(error);
  }
}

function start({ fn, checks, self, name }: DirectCall, args: unknown[], callback: Method | undefined): unknown {
  const { returns } = checks;
  if (callback !== undefined) {
    const checked = returns === undefined ? callback : checkedCallback(name, returns, callback);
    return Reflect.apply(fn, self, [...args, checked]);
  }
  const returned: unknown = Reflect.apply(fn, self, args);
  if (returns === undefined) return returned;
  const one = (value: unknown): unknown =>
    isStreamable(value)
      ? new CheckedStream(value, returns, name, ConcealedFailure.inside)
      : then(checkedResults(name, returns, [value]), ([result]) => result);
  return isPromise(returned) ? returned.then(one) : one(returned);
}

function checkedCallback(name: string, returns: ListSchemas, callback: Method): Method {
  return (error, ...results) => {
    if (error) return callback(error, ...results);
    const fits = (values: unknown[]): unknown => callback(null, ...values);
    try {
      const checked = checkedResults(name, returns, results);
      if (isPromise(checked)) return void checked.then(fits, (failure: unknown) => callback(failure));
      results = checked as unknown[];
    } catch (failure) {
      return callback(failure);
    }
    return fits(results);
  };
}

/** Throws, or rejects, with the reason for which the results do not fit: the caller is the server itself. */
function checkedResults(
  name: string,
  returns: ListSchemas,
  results: readonly unknown[],
): unknown[] | Promise<unknown[]> {
  const check = new ListCheck();
  const settle = (): unknown[] => {
    const error = resultsError(check, name);
    if (error !== undefined) throw ConcealedFailure.inside(error);
    return withoutMissing(check.outputs);
  };
  const waiting = check.run(returns, results);
  return waiting === undefined ? settle() : waiting.then(settle);
}

function then(values: unknown[] | Promise<unknown[]>, use: (values: unknown[]) => unknown): unknown {
  return Array.isArray(values) ? use(values) : values.then(use);
}

function isPromise(value: unknown): value is Promise<unknown> {
  return isObject(value) && isFunction((value as { then?: unknown }).then);
}
