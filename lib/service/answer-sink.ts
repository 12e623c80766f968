import { describeError, type Logger } from '../diagnostics.js';
import { isError } from '../error-parts.js';
import type { RpcError } from '../errors.js';
import { methodError } from './method-failure.js';
import { isFunction, isObject } from './methods.js';
import type { ServiceMethod } from './service-registry.js';

/**
 * Destination of one call's answer. One of the methods is called, once. Neither may throw: an exception is logged,
 * reaches neither the service nor the process, and leaves the call unanswered.
 */
export interface AnswerSink {
  /** Takes all results of a callback, or the one returned value. Empty for undefined. The array is not reused. */
  succeed(results: readonly unknown[]): void;
  fail(error: Error): void;
  /** The method was not started, for this reason. The error has the code that the caller gets. */
  refuse(error: RpcError): void;
  /** True for a stream that this call wants. A method with a callback answers by returning one too. */
  takesStream?(value: unknown): boolean;
}

const NO_RESULTS: readonly unknown[] = Object.freeze([]);

/** Answers with results. Never throws. */
export function succeed(method: ServiceMethod, results: readonly unknown[], answer: AnswerSink, logger: Logger): void {
  try {
    answer.succeed(results);
  } catch (error) {
    logger.error(`mailstation: the result of ${method.name} could not be answered: ${describeError(error)}`);
  }
}

/** Answers with an error. Never throws. */
export function fail(method: ServiceMethod, error: Error, answer: AnswerSink, logger: Logger): void {
  try {
    answer.fail(error);
  } catch (sinkError) {
    logger.error(`mailstation: the error of ${method.name} could not be answered: ${describeError(sinkError)}`);
  }
}

/** Answers a call whose method was not started. Never throws. */
export function refuse(method: ServiceMethod, error: RpcError, answer: AnswerSink, logger: Logger): void {
  try {
    answer.refuse(error);
  } catch (sinkError) {
    logger.error(`mailstation: the refusal of ${method.name} could not be answered: ${describeError(sinkError)}`);
  }
}

export function resultsOf(value: unknown): readonly unknown[] {
  return value === undefined ? NO_RESULTS : [value];
}

/** A native promise as it is, and any other thenable as a promise, which settles once. Undefined for other values. */
export function promiseOf(value: unknown, method: ServiceMethod, logger: Logger): Promise<unknown> | undefined {
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
export function errorOf(method: ServiceMethod, thrown: unknown, logger: Logger): Error {
  if (!isError(thrown)) logger.warn(`mailstation: ${method.name} failed with ${kindOf(thrown)} instead of an Error`);
  return methodError(thrown);
}

/** Type of a value, for a log line. The value may be an argument, and is never logged. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
