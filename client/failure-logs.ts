import type { OutgoingCall } from '../lib/call/outgoing-call.js';
import { describeError, describeFailure, type Logger } from '../lib/diagnostics.js';
import type { RpcError } from '../lib/errors.js';
import { RateLimitedLog } from '../lib/rate-limited-log.js';

/**
 * Loggers of failed calls that no caller waits for, and of callbacks that throw. A server that is away makes all such calls
 * fail, so that at most one line a second is written: for calls without a callback, for calls of proxies that do not exist, and
 * for one-way calls with each code.
 */
export function failureLogs(logger: Logger) {
  const log = new RateLimitedLog(logger);
  return {
    onOnewayFailure: (error: RpcError): void =>
      log.warn(() => `mailstation: a one-way call failed: ${describeFailure(error)}`, `one-way ${error.code}`),
    onCallbackThrow: (error: unknown, of: string): void =>
      log.error(() => `mailstation: the callback of a call of ${of} threw: ${describeError(error)}`, `callback ${of}`),
    onUnusedFailure: ({ message, code }: RpcError): void =>
      log.warn(`mailstation: a call without a callback failed: ${message} (${code})`, 'unused'),
    onNoProxy: ({ message, code }: RpcError): void => log.warn(`mailstation: ${message} (${code})`, 'no proxy'),
    /** Writes the lines that were held back: the client has stopped, and the process may end. */
    flush: (): void => log.close(),
  };
}

/** Makes the function that logs a call whose route parameter was probably forgotten. The value is not logged. */
export function routeParamNote(logger: Logger): (call: OutgoingCall, router: string) => void {
  return ({ method, routeParam }, router) => {
    const form = method.name.split('.').at(-1);
    logger.warn(
      `mailstation: ${method.name} was called with a ${typeof routeParam} as its route parameter: the first argument of a call ` +
        `is for the router, is not sent to the method, and has no meaning for the router "${router}". Call ` +
        `${form}(null, ...args), or ${form}({ uid }, ...args)`,
    );
  };
}
