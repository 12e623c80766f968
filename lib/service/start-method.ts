import type { Logger } from '../diagnostics.js';
import { type AnswerSink, errorOf, fail, promiseOf, resultsOf, succeed } from './answer-sink.js';
import { callWithCallback } from './callback-method.js';
import { explainMissingCallback, misplacedCallback, noteHiddenCallback } from './method-failure.js';
import type { ServiceMethod } from './service-registry.js';

/**
 * Starts a method, whose answer is the answer of the call. Checks no arguments. Never throws.
 *
 * The returned value is the answer. A promise, or any other thenable, answers when settled. A method with callbacks
 * answers as {@link callWithCallback} says, unless the arguments leave no place for a callback. Such a method cannot see a
 * callback, and answers by the value, if it returns one; a method that would call an argument in place of its callback is not started.
 *
 * A thrown value reaches the sink as an Error ({@link methodError}), and is logged if it is not an Error. A log line has
 * the method's name, and at most an error. Arguments and results are never logged.
 */
export function startMethod(method: ServiceMethod, args: unknown[], answer: AnswerSink, logger: Logger): void {
  const sent = args.length;
  const { takes } = method;
  if (method.callbacks && (takes === undefined || sent < takes.parameters)) {
    callWithCallback(method, args, answer, logger);
    return;
  }
  if (takes?.isCalled === true) {
    fail(method, misplacedCallback(method, takes, sent), answer, logger);
    return;
  }
  let returned: unknown;
  let promise: Promise<unknown> | undefined;
  try {
    returned = Reflect.apply(method.fn, method.self, args);
    promise = promiseOf(returned, method, logger);
  } catch (thrown) {
    fail(method, explainMissingCallback(method, sent, errorOf(method, thrown, logger)), answer, logger);
    return;
  }
  if (returned === undefined && method.mayHideCallback === true) noteHiddenCallback(method, sent, logger);
  if (returned === undefined && takes?.waits === true) {
    method.hasOnlyReturned = true;
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
