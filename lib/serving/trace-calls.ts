import type { Logger } from '../diagnostics.js';
import type { RpcCode, RpcError } from '../errors.js';
import { printable } from '../quoted.js';
import type { Channel } from './channel.js';
import { IncomingCall } from './incoming-call.js';

/** The same channel, with a line in the log for each answer; never with the arguments. Source: pomelo-rpc, `rpcDebugLog`. */
export function traceCalls(channel: Channel, server: string, logger: Logger): Channel {
  const missing = (method: string, argLength: number): RpcError | undefined => {
    const error = channel.missing?.(method, argLength);
    if (error !== undefined) tell(logger, server, method, error.code, 0);
    return error;
  };
  return { name: channel.name, missing, invoke: (call) => channel.invoke(traced(call, server, logger)) };
}

/** A call whose answer is the given one's: calls that nobody traces pay nothing for those that are. */
function traced(call: IncomingCall, server: string, logger: Logger): IncomingCall {
  const startedAt = performance.now();
  const answered = (outcome: string): void => tell(logger, server, call.method, outcome, performance.now() - startedAt);
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

function tell(logger: Logger, server: string, method: string, outcome: string, ms: number): void {
  logger.info(`[mailstation trace] ${server} ${printable(method)} answered: ${outcome} ${ms.toFixed(1)} ms`);
}
