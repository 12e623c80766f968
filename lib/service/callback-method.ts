import { CalledBackError, isErrorLike, noteResults } from '../called-back.js';
import { describeError, type Logger } from '../diagnostics.js';
import { isError } from '../error-parts.js';
import { noteFirst } from '../falsy-first.js';
import { type AnswerSink, errorOf, fail, kindOf, promiseOf, resultsOf, succeed } from './answer-sink.js';
import { methodError } from './method-failure.js';
import { isFunction, isObject } from './methods.js';
import type { ServiceMethod } from './service-registry.js';

/**
 * Calls a method with `(error, ...results) => void` appended after exactly the arguments that were sent; a method that
 * visibly calls its last parameter gets `undefined` for missing arguments. The callback or a returned promise answers. A
 * truthy `error` fails the call. The first answer counts.
 *
 * Other returned values mean nothing, as in pomelo: `return setTimeout(...)`, `return async.waterfall(...)`. A promise of
 * an emitter, a timer or a function means nothing either, nor a promise of `undefined` where the method visibly calls
 * back. The call then waits for the callback, and a late call's report says that the method has returned.
 *
 * A later call of the callback, an exception and a rejection are logged. A promise that resolves after the callback is
 * not, since `return query().then((row) => callback(null, row))` is no mistake.
 */
export function callWithCallback(method: ServiceMethod, args: unknown[], answer: AnswerSink, logger: Logger): void {
  let isAnswered = false;
  const { takes } = method;
  while (takes !== undefined && args.length < takes.fillTo) args.push(undefined);
  args.push((error?: unknown, ...results: unknown[]) => {
    if (isAnswered) {
      logLate(method, 'called its callback', error, logger);
      return;
    }
    isAnswered = true;
    method.hasOnlyReturned = false;
    if (error) {
      const failure = calledBackWith(error, results);
      fail(method, failure, answer, logger);
      noteResults(failure, []); // the answer is written, and the same error may fail other calls
    } else {
      noteFirst(results, error);
      succeed(method, results, answer, logger);
    }
  });
  const takeStream = (stream: unknown): void => {
    if (isAnswered) return;
    isAnswered = true;
    succeed(method, [stream], answer, logger);
  };
  const failed = (thrown: unknown) => {
    if (isAnswered) {
      logLate(method, 'failed', thrown, logger);
      return;
    }
    isAnswered = true;
    fail(method, errorOf(method, thrown, logger), answer, logger);
  };
  try {
    const returned: unknown = Reflect.apply(method.fn, method.self, args);
    const promise = promiseOf(returned, method, logger);
    if (answer.takesStream?.(returned) === true) return takeStream(returned);
    if (promise === undefined) {
      if (!isAnswered && returned !== undefined) method.hasOnlyReturned = true;
      return;
    }
    promise.then((value) => {
      if (answer.takesStream?.(value) === true) return takeStream(value);
      if (isAnswered) return;
      if (isNoAnswer(value, method)) {
        method.hasOnlyReturned = true;
        return;
      }
      isAnswered = true;
      succeed(method, resultsOf(value), answer, logger);
    }, failed);
  } catch (thrown) {
    failed(thrown);
  }
}

/** An error or an error-like object fails the call. Any other value is passed on to callers in pomelo-rpc's form. */
function calledBackWith(error: unknown, results: readonly unknown[]): Error {
  if (!isErrorLike(error)) return new CalledBackError([error, ...results]);
  const failure = methodError(error);
  noteResults(failure, results);
  return failure;
}

/** True for what the promise of a method resolves to by the way, while the callback is still to be called. */
function isNoAnswer(value: unknown, method: ServiceMethod): boolean {
  if (value === undefined) return method.takes?.callback !== undefined;
  if (isFunction(value)) return true;
  if (!isObject(value)) return false;
  const { on, hasRef } = value as { on?: unknown; hasRef?: unknown };
  return isFunction(on) || isFunction(hasRef);
}

function logLate(method: ServiceMethod, what: string, error: unknown, logger: Logger): void {
  const lost = isError(error) ? `: ${describeError(error)}` : error ? ` (with ${kindOf(error)})` : '';
  logger.warn(`mailstation: ${method.name} ${what} after it had answered; the first answer counts${lost}`);
}
