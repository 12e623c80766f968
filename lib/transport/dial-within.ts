import { describeEndpoint, type Endpoint } from '../endpoint.js';
import { messageOf, RpcCode, RpcError } from '../errors.js';
import { eventLoop } from '../event-loop.js';
import { clearTimeout, performance, setTimeout } from '../timers.js';
import type { ByteStream } from './byte-stream.js';
import { descriptorAdvice } from './descriptors.js';
import type { DialOptions } from './transport.js';
import { dial } from './transports.js';

/** Stall of this process's event loop from which on a dial gets the time back. Shorter ones are common. Unit: ms */
const MIN_STALL_MS = 20;

/**
 * Dials, and gives up after `timeoutMs` or when `signal` aborts. Rejects with {@link RpcCode.Connect}, whose `cause` is the
 * system's error, or with the reason of the signal.
 */
export async function dialWithin(
  timeoutMs: number,
  endpoint: Endpoint,
  options: Omit<DialOptions, 'signal'>,
  signal: AbortSignal,
  dialStream: typeof dial = dial,
): Promise<ByteStream> {
  const giveUp = new AbortController();
  const abort = (): void => giveUp.abort(signal.reason);
  const late = new RpcError(RpcCode.Connect, `no connection to ${describeEndpoint(endpoint)} in ${timeoutMs} ms`);
  const dueAt = performance.now() + timeoutMs;
  let timer = setTimeout(() => {
    // Time for which this process's own event loop was blocked does not count against the peer.
    const now = performance.now();
    const stallMs = Math.min(timeoutMs, Math.max(now - dueAt, eventLoop.justBlocked(now)));
    if (stallMs < MIN_STALL_MS) giveUp.abort(late);
    else timer = setTimeout(() => giveUp.abort(late), stallMs);
  }, timeoutMs);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  try {
    return await dialStream(endpoint, { ...options, signal: giveUp.signal });
  } catch (error) {
    if (error instanceof RpcError && error.code !== RpcCode.Certificate) throw error;
    const advice = descriptorAdvice(error);
    const why = messageOf(error) + (advice === undefined ? '' : `, since ${advice}`);
    throw new RpcError(RpcCode.Connect, why, { cause: error });
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
}

/** The reason of an abort. All code that aborts here gives an RpcError; another reason is a stop. */
export function abortReason({ reason }: AbortSignal): RpcError {
  return reason instanceof RpcError ? reason : new RpcError(RpcCode.Closed, messageOf(reason), { cause: reason });
}
