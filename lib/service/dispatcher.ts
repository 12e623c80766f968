import { describeError, type Logger } from '../diagnostics.js';
import { explainMissingCallback, isError, methodError } from './method-failure.js';
import { isFunction, isObject } from './methods.js';
import type { ServiceMethod } from './service-registry.js';

/**
 * Destination of one call's answer. One of the two methods is called, once. Neither may throw: an exception is logged,
 * reaches neither the service nor the process, and leaves the call unanswered.
 */
export interface AnswerSink {
  /** Takes all results of a callback, or the one returned value. Empty for undefined. The array is not reused. */
  succeed(results: readonly unknown[]): void;
  fail(error: Error): void;
}

const NO_RESULTS: readonly unknown[] = Object.freeze([]);

/**
 * Calls a method and answers exactly once, when the method answers. Deadlines are the caller's. Never throws. The
 * dispatcher owns `args` from then on.
 *
 * Without callbacks, the returned value is the answer. A promise, or any other thenable, answers when settled.
 *
 * With callbacks, `(error, ...results) => void` is appended after exactly the arguments that were sent. The callback or a
 * returned promise answers; other returned values mean nothing. A truthy `error` fails the call. The first answer counts.
 * A later call of the callback, an exception and a rejection are logged. A promise that resolves after the callback is
 * not, since `return query().then((row) => callback(null, row))` is no mistake.
 *
 * A thrown value reaches the sink as an Error ({@link methodError}), and is logged if it is not an Error. A log line has
 * the method's name, and at most an error. Arguments and results are never logged.
 */
export function dispatch(method: ServiceMethod, args: unknown[], answer: AnswerSink, logger: Logger): void {
  if (method.callbacks) {
    dispatchWithCallback(method, args, answer, logger);
    return;
  }
  const sent = args.length;
  let returned: unknown;
  let promise: Promise<unknown> | undefined;
  try {
    returned = Reflect.apply(method.fn, method.self, args);
    promise = promiseOf(returned, method, logger);
  } catch (thrown) {
    fail(method, explainMissingCallback(method, sent, errorOf(method, thrown, logger)), answer, logger);
    return;
  }
  if (promise === undefined) {
    succeed(method, resultsOf(returned), answer, logger);
    return;
  }
  promise.then(
    (value) => succeed(method, resultsOf(value), answer, logger),
    (thrown) => fail(method, explainMissingCallback(method, sent, errorOf(method, thrown, logger)), answer, logger),
  );
}

function dispatchWithCallback(method: ServiceMethod, args: unknown[], answer: AnswerSink, logger: Logger): void {
  let isAnswered = false;
  args.push((error?: unknown, ...results: unknown[]) => {
    if (isAnswered) {
      logLate(method, 'called its callback', error, logger);
      return;
    }
    isAnswered = true;
    if (error) fail(method, methodError(error), answer, logger);
    else succeed(method, results, answer, logger);
  });
  const failed = (thrown: unknown) => {
    if (isAnswered) {
      logLate(method, 'failed', thrown, logger);
      return;
    }
    isAnswered = true;
    fail(method, errorOf(method, thrown, logger), answer, logger);
  };
  try {
    promiseOf(Reflect.apply(method.fn, method.self, args), method, logger)?.then((value) => {
      if (isAnswered) return;
      isAnswered = true;
      succeed(method, resultsOf(value), answer, logger);
    }, failed);
  } catch (thrown) {
    failed(thrown);
  }
}

function succeed(method: ServiceMethod, results: readonly unknown[], answer: AnswerSink, logger: Logger): void {
  try {
    answer.succeed(results);
  } catch (error) {
    logger.error(`mailstation: the result of ${method.name} could not be answered: ${describeError(error)}`);
  }
}

function fail(method: ServiceMethod, error: Error, answer: AnswerSink, logger: Logger): void {
  try {
    answer.fail(error);
  } catch (sinkError) {
    logger.error(`mailstation: the error of ${method.name} could not be answered: ${describeError(sinkError)}`);
  }
}

function resultsOf(value: unknown): readonly unknown[] {
  return value === undefined ? NO_RESULTS : [value];
}

/** A native promise as it is, and any other thenable as a promise, which settles once. Undefined for other values. */
function promiseOf(value: unknown, method: ServiceMethod, logger: Logger): Promise<unknown> | undefined {
  if (!isObject(value) && !isFunction(value)) return undefined;
  try {
    return isFunction((value as { then?: unknown }).then) ? Promise.resolve(value) : undefined;
  } catch (error) {
    logger.warn(
      `mailstation: ${method.name} returned an object whose "then" throws when read, and fails with that error`,
    );
    throw error;
  }
}

/** Logs the method's name for a thrown value that is not an Error, since such a value has no stack to find its source by. */
function errorOf(method: ServiceMethod, thrown: unknown, logger: Logger): Error {
  if (!isError(thrown)) logger.warn(`mailstation: ${method.name} failed with ${kindOf(thrown)} instead of an Error`);
  return methodError(thrown);
}

function logLate(method: ServiceMethod, what: string, error: unknown, logger: Logger): void {
  const lost = isError(error) ? `: ${describeError(error)}` : error ? ` (with ${kindOf(error)})` : '';
  logger.warn(`mailstation: ${method.name} ${what} after it had answered; the first answer counts${lost}`);
}

/** Type of a value, for a log line. The value may be an argument, and is never logged. */
function kindOf(value: unknown): string {
  return value === null ? 'null' : typeof value;
}
