import { enter, enteredCall, leave, type ServedCall } from '../call-context.js';
import type { Logger } from '../diagnostics.js';
import { RpcCode, RpcError } from '../errors.js';
import { firstOf, noteFirst } from '../falsy-first.js';
import { isStreamable } from '../stream/stream-source.js';
import { performance } from '../timers.js';
import { type AnswerSink, fail, refuse, succeed } from './answer-sink.js';
import { argumentsError, resultsError } from './check-errors.js';
import type { Checks } from './checked-method.js';
import { CheckedStream } from './checked-stream.js';
import { ListCheck, type ListSchemas, withoutMissing } from './list-check.js';
import type { ServiceMethod } from './service-registry.js';
import { startMethod } from './start-method.js';

/**
 * Checks the arguments of a call, and starts the method with the values that the schemas have made. Without an asynchronous
 * schema the method starts in the same turn. Never throws.
 *
 * A call that was cancelled, or whose deadline has passed, while an asynchronous schema was checking is not started. Nor is a call where
 * `mayStart` then returns an error: the lease of an elected Leader may be over.
 */
export function startChecked(
  method: ServiceMethod,
  checks: Checks,
  args: readonly unknown[],
  answer: AnswerSink,
  logger: Logger,
  mayStart?: () => RpcError | undefined,
): void {
  const check = new ListCheck();
  const start = (): void => {
    const error = argumentsError(check, method.name);
    if (error instanceof RpcError) return refuse(method, error, answer, logger);
    if (error !== undefined) return fail(method, error, answer, logger);
    const { returns } = checks;
    const sink = returns === undefined ? answer : checkedAnswer(method, returns, answer, logger);
    startMethod(method, check.outputs, sink, logger);
  };
  const waiting = check.run(checks.args, args);
  if (waiting === undefined) return start();
  const call = enteredCall();
  const isWanted = call === undefined ? undefined : wantedCall(call);
  void waiting.then(() => {
    const error = isWanted?.() ?? mayStart?.();
    if (error !== undefined) return refuse(method, error, answer, logger);
    if (call === undefined) return start();
    if (call.isOver) return; // the server has stopped meanwhile
    const outer = enter(call); // the method may ask for its context
    try {
      start();
    } finally {
      leave(outer);
    }
  });
}

/** Watches a call from now on. The returned function gives the reason why the call is not to be started any more. */
function wantedCall({ context }: ServedCall): () => RpcError | undefined {
  const { signal, deadline } = context;
  return () => {
    if (signal.aborted) return signal.reason as RpcError;
    if (performance.now() < deadline) return undefined;
    return new RpcError(RpcCode.Timeout, 'the deadline of the call has passed while its arguments were checked');
  };
}

/** Checks the results, or the items of a stream, before they are answered. Callers get the values that the schemas have made. */
function checkedAnswer(method: ServiceMethod, schemas: ListSchemas, answer: AnswerSink, logger: Logger): AnswerSink {
  return {
    // A call that wants one value refuses the stream itself.
    succeed: (results) => {
      const [value] = results;
      if (isStreamable(value)) {
        return succeed(method, [new CheckedStream(value, schemas, method.name)], answer, logger);
      }
      const check = new ListCheck();
      const settle = (): void => {
        const error = resultsError(check, method.name);
        if (error !== undefined) return fail(method, error, answer, logger);
        const outputs = withoutMissing(check.outputs);
        noteFirst(outputs, firstOf(results));
        succeed(method, outputs, answer, logger);
      };
      const waiting = check.run(schemas, results);
      if (waiting === undefined) settle();
      else void waiting.then(settle);
    },
    fail: (error) => answer.fail(error),
    refuse: (error) => answer.refuse(error),
    takesStream: (value) => answer.takesStream?.(value) === true,
  };
}
