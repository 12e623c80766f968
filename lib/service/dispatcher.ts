import type { Logger } from '../diagnostics.js';
import type { RpcError } from '../errors.js';
import type { AnswerSink } from './answer-sink.js';
import { startChecked } from './checked-call.js';
import type { ServiceMethod } from './service-registry.js';
import { startMethod } from './start-method.js';

export type { AnswerSink } from './answer-sink.js';

/**
 * Calls a method and answers exactly once, when the method answers. Deadlines are the caller's. Never throws. The
 * dispatcher owns `args` from then on. A method without checks is started as {@link startMethod} says, at once. `mayStart`: returns the
 * error for which no method may be started any more; asked where a schema has taken time.
 */
export function dispatch(
  method: ServiceMethod,
  args: unknown[],
  answer: AnswerSink,
  logger: Logger,
  mayStart?: () => RpcError | undefined,
): void {
  if (method.checks === undefined) startMethod(method, args, answer, logger);
  else startChecked(method, method.checks, args, answer, logger, mayStart);
}
