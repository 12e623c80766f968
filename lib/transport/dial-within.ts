import { describeEndpoint, type Endpoint } from '../endpoint.js';
import { messageOf, RpcCode, RpcError } from '../errors.js';
import { clearTimeout, setTimeout } from '../timers.js';
import type { ByteStream } from './byte-stream.js';
import { type AnyDialOptions, dial } from './transports.js';

/**
 * Dials, and gives up after `timeoutMs` or when `signal` aborts. Rejects with {@link RpcCode.Connect}, whose `cause` is the
 * system's error, or with the reason of the signal.
 */
export async function dialWithin(
  timeoutMs: number,
  endpoint: Endpoint,
  options: Omit<AnyDialOptions, 'signal'>,
  signal: AbortSignal,
  dialStream: typeof dial = dial,
): Promise<ByteStream> {
  const giveUp = new AbortController();
  const abort = (): void => giveUp.abort(signal.reason);
  const late = new RpcError(RpcCode.Connect, `no connection to ${describeEndpoint(endpoint)} in ${timeoutMs} ms`);
  const timer = setTimeout(() => giveUp.abort(late), timeoutMs);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  try {
    return await dialStream(endpoint, { ...options, signal: giveUp.signal });
  } catch (error) {
    throw error instanceof RpcError ? error : new RpcError(RpcCode.Connect, messageOf(error), { cause: error });
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
}

/** The reason of an abort. All code that aborts here gives an RpcError; another reason is a stop. */
export function abortReason({ reason }: AbortSignal): RpcError {
  return reason instanceof RpcError ? reason : new RpcError(RpcCode.Closed, messageOf(reason), { cause: reason });
}
