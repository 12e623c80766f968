import type { Logger } from '../diagnostics.js';
import type { RpcCode, RpcError } from '../errors.js';
import { printable } from '../quoted.js';
import { performance } from '../timers.js';
import type { Channel } from './channel.js';
import { IncomingCall } from './incoming-call.js';

/** Wraps a channel so that each answer is logged, without the arguments. Source: pomelo-rpc, `rpcDebugLog`. */
export function traceCalls(channel: Channel, server: string, logger: Logger): Channel {
  const missing = (method: string, argLength: number): RpcError | undefined => {
    const error = channel.missing?.(method, argLength);
    if (error !== undefined) logAnswer(logger, server, method, error.code, 0);
    return error;
  };
  return { ...channel, missing, invoke: (call) => channel.invoke(traced(call, server, logger)) };
}

/** Wraps one call. The wrapper keeps the cost of tracing away from calls that are not traced. */
function traced(call: IncomingCall, server: string, logger: Logger): IncomingCall {
  const startedAt = performance.now();
  const answered = (outcome: string): void =>
    logAnswer(logger, server, call.method, outcome, performance.now() - startedAt);
  const answerer = {
    answerResults(_id: number, _method: string, results: readonly unknown[]): void {
      call.succeed(results);
      answered('ok');
    },
    answerError(_id: number, error: Error, code: RpcCode | undefined): void {
      if (code === undefined) call.fail(error);
      else call.refuse(error as RpcError);
      answered(String(code ?? (error as { code?: unknown }).code ?? error.name));
    },
    served(): void {},
  };
  return new IncomingCall(answerer, 0, call.method, call.args, false, call.meta);
}

function logAnswer(logger: Logger, server: string, method: string, outcome: string, ms: number): void {
  logger.info(`[mailstation trace] ${server} ${printable(method)} answered: ${outcome} ${ms.toFixed(1)} ms`);
}
