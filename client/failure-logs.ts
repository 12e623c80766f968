import { describeError, type Logger } from '../lib/diagnostics.js';
import type { RpcError } from '../lib/errors.js';
import { RateLimitedLog } from '../lib/rate-limited-log.js';

/** Loggers of failed calls that no caller waits for. */
export function failureLogs(logger: Logger) {
  const unused = new RateLimitedLog(logger);
  return {
    onOnewayFailure: (error: RpcError): void =>
      logger.warn(`mailstation: a one-way call failed: ${describeError(error)}`),
    /** At most one line a second, as a server that is away makes all such calls fail. */
    onUnusedFailure: ({ message, code }: RpcError): void =>
      unused.warn(`mailstation: a call without a callback failed: ${message} (${code})`),
  };
}
