import type { Logger } from '../diagnostics.js';
import type { RpcCode, RpcError } from '../errors.js';
import { printable } from '../quoted.js';
import type { Channel } from './channel.js';
import { IncomingCall } from './incoming-call.js';

/** The same channel, with a line in the log for each answer; never with the arguments. Source: pomelo-rpc, `rpcDebugLog`. */
export function traceCalls(channel: Channel, server: string, logger: Logger): Channel {
  return { name: channel.name, invoke: (call) => channel.invoke(traced(call, server, logger)) };
}

/** A call whose answer is the given one's: calls that nobody traces pay nothing for those that are. */
function traced(call: IncomingCall, server: string, logger: Logger): IncomingCall {
  const startedAt = performance.now();
  const tell = (outcome: string): void => {
    const ms = (performance.now() - startedAt).toFixed(1);
    logger.info(`[mailstation trace] ${server} ${printable(call.method)} answered: ${outcome} ${ms} ms`);
  };
  const answerer = {
    answerResults(_id: number, _method: string, results: readonly unknown[]): void {
      call.succeed(results);
      tell('ok');
    },
    answerError(_id: number, error: Error, code: RpcCode | undefined): void {
      if (code === undefined) call.fail(error);
      else call.refuse(error as RpcError);
      tell(String(code ?? (error as { code?: unknown }).code ?? error.name));
    },
    served(): void {},
  };
  return new IncomingCall(answerer, 0, call.method, call.args, false, call.meta);
}
