import { describeError, type Logger } from '../diagnostics.js';
import { type AnswerSink, errorOf, fail, kindOf, promiseOf, resultsOf, succeed } from './answer-sink.js';
import { isError, methodError } from './method-failure.js';
import type { ServiceMethod } from './service-registry.js';

/**
 * Calls a method with `(error, ...results) => void` appended after exactly the arguments that were sent. The callback or a
 * returned promise answers; other returned values mean nothing. A truthy `error` fails the call. The first answer counts.
 *
 * A later call of the callback, an exception and a rejection are logged. A promise that resolves after the callback is
 * not, since `return query().then((row) => callback(null, row))` is no mistake.
 */
export function callWithCallback(method: ServiceMethod, args: unknown[], answer: AnswerSink, logger: Logger): void {
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

function logLate(method: ServiceMethod, what: string, error: unknown, logger: Logger): void {
  const lost = isError(error) ? `: ${describeError(error)}` : error ? ` (with ${kindOf(error)})` : '';
  logger.warn(`mailstation: ${method.name} ${what} after it had answered; the first answer counts${lost}`);
}
