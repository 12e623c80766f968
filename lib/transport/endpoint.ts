import { messageOf, RpcCode, RpcError } from '../errors.js';
import type { TransportName } from '../server-info.js';
import type { ByteStream, DialOptions, Listener, ListenOptions } from './byte-stream.js';
import { dialTcp, listenTcp } from './tcp.js';
import { dialWebSocket, listenWebSocket } from './websocket.js';

interface Transport {
  dial(options: DialOptions): Promise<ByteStream>;
  listen(options: ListenOptions): Promise<Listener>;
}

const TRANSPORTS: Readonly<Record<TransportName, Transport>> = {
  tcp: { dial: dialTcp, listen: listenTcp },
  ws: { dial: dialWebSocket, listen: listenWebSocket },
};

export const TRANSPORT_NAMES = Object.keys(TRANSPORTS) as TransportName[];

export function dial(transport: TransportName, options: DialOptions): Promise<ByteStream> {
  return TRANSPORTS[transport].dial(options);
}

/**
 * Dials, and gives up after `timeoutMs` or when `signal` aborts. Rejects with {@link RpcCode.Connect}, `cause` being
 * the system's error, or with the signal's reason.
 */
export async function dialWithin(
  timeoutMs: number,
  { transport, ...options }: Omit<DialOptions, 'signal'> & { readonly transport: TransportName },
  signal: AbortSignal,
): Promise<ByteStream> {
  const giveUp = new AbortController();
  const abort = (): void => giveUp.abort(signal.reason);
  const late = new RpcError(RpcCode.Connect, `no connection to ${options.host}:${options.port} in ${timeoutMs} ms`);
  const timer = setTimeout(() => giveUp.abort(late), timeoutMs);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  try {
    return await dial(transport, { ...options, signal: giveUp.signal });
  } catch (error) {
    throw error instanceof RpcError ? error : new RpcError(RpcCode.Connect, messageOf(error), { cause: error });
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
}

/** Whoever aborts says why, and all who do so here are our own. */
export function abortReason({ reason }: AbortSignal): RpcError {
  return reason instanceof RpcError ? reason : new RpcError(RpcCode.Closed, messageOf(reason), { cause: reason });
}

export function listen(transport: TransportName, options: ListenOptions): Promise<Listener> {
  return TRANSPORTS[transport].listen(options);
}
