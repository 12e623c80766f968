import { describeError, type Logger } from '../diagnostics.js';
import { asError, explained, isError } from './method-failure.js';
import { isFunction, isObject } from './methods.js';
import type { ServiceMethod } from './service-registry.js';

/**
 * Where the answer of one call goes: one of the two is called, once. Neither may throw; what one throws all the same
 * is logged, reaches neither the service nor the process, and leaves the call unanswered.
 */
export interface AnswerSink {
  /** All the results: those of a callback, else the one. None where that is undefined. The array is not reused. */
  succeed(results: readonly unknown[]): void;
  fail(error: Error): void;
}

const NO_RESULTS: readonly unknown[] = Object.freeze([]);

/**
 * Calls a method, and answers exactly once: at once or whenever the method does, if ever (deadlines are the caller's).
 * Never throws. `args` becomes the dispatcher's own.
 *
 * Without callbacks, what the method returns is the answer, or what that settles to if it is a promise (any thenable).
 *
 * With callbacks, `(error, ...results) => void` is appended after exactly the arguments that were sent. The callback
 * answers, failing the call if the error is truthy, or a returned promise does; other returned values mean nothing.
 * The first answer counts. What comes after it (the callback again, an exception, a rejection) is logged; but not a
 * promise that resolves after the callback, since `return query().then((row) => callback(null, row))` is no mistake.
 *
 * Whatever is thrown reaches the sink as an Error ({@link asError}), and is logged if it was none. A log line has
 * the method's name, and at most an error; arguments and results are never logged.
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
    fail(method, explained(method, sent, failure(method, thrown, logger)), answer, logger);
    return;
  }
  if (promise === undefined) {
    succeed(method, resultsOf(returned), answer, logger);
    return;
  }
  promise.then(
    (value) => succeed(method, resultsOf(value), answer, logger),
    (thrown) => fail(method, explained(method, sent, failure(method, thrown, logger)), answer, logger),
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
    if (error) fail(method, asError(error), answer, logger);
    else succeed(method, results, answer, logger);
  });
  const failed = (thrown: unknown) => {
    if (isAnswered) {
      logLate(method, 'failed', thrown, logger);
      return;
    }
    isAnswered = true;
    fail(method, failure(method, thrown, logger), answer, logger);
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
    logger.error(`${method.name}: its result could not be answered: ${describeError(error)}`);
  }
}

function fail(method: ServiceMethod, error: Error, answer: AnswerSink, logger: Logger): void {
  try {
    answer.fail(error);
  } catch (sinkError) {
    logger.error(`${method.name}: its error could not be answered: ${describeError(sinkError)}`);
  }
}

function resultsOf(value: unknown): readonly unknown[] {
  return value === undefined ? NO_RESULTS : [value];
}

/** Of a native promise itself; of another thenable one that settles once, whatever that does; else undefined. */
function promiseOf(value: unknown, method: ServiceMethod, logger: Logger): Promise<unknown> | undefined {
  if (!isObject(value) && !isFunction(value)) return undefined;
  try {
    return isFunction((value as { then?: unknown }).then) ? Promise.resolve(value) : undefined;
  } catch (error) {
    logger.warn(`${method.name} returned an object whose "then" throws when read; it fails with that error`);
    throw error;
  }
}

/** A thrown value that is no Error has no stack to find it by, so at least the log says whose it is. */
function failure(method: ServiceMethod, thrown: unknown, logger: Logger): Error {
  if (!isError(thrown)) logger.warn(`${method.name} failed with ${kindOf(thrown)} instead of an Error`);
  return asError(thrown);
}

function logLate(method: ServiceMethod, what: string, error: unknown, logger: Logger): void {
  const lost = isError(error) ? `: ${describeError(error)}` : error ? ` (with ${kindOf(error)})` : '';
  logger.warn(`${method.name} ${what} after it had answered; the first answer stands${lost}`);
}

/** Never the value itself, which may be an argument. */
function kindOf(value: unknown): string {
  return value === null ? 'null' : typeof value;
}
