import { describeEndpoint, type Endpoint } from '../endpoint.js';
import type { ByteStream } from './byte-stream.js';
import { dialFailure } from './dial-failure.js';
import type { DialOptions } from './transport.js';
import { wsOptions } from './websocket-options.js';
import { webSocketPackage } from './websocket-package.js';
import { WebSocketStream } from './websocket-stream.js';

/** Connects, and upgrades. Rejects with the system's error, or with the error of ws when the other end is not a WebSocket server. */
export function dialWebSocket(endpoint: Endpoint<'ws'>, { maxFrameBytes, signal }: DialOptions): Promise<ByteStream> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    const url = describeEndpoint(endpoint);
    const { WebSocket } = webSocketPackage();
    const ws = new WebSocket(url, wsOptions(maxFrameBytes));
    const release = (): void => {
      signal.removeEventListener('abort', onAbort);
      ws.removeListener('error', fail);
      ws.removeListener('open', onOpen);
    };
    const giveUp = (reason: unknown): void => {
      release();
      ws.on('error', () => {}); // terminate() reports that it was terminated
      ws.terminate();
      reject(reason);
    };
    const fail = (error: Error): void => giveUp(handshakeFailure(dialFailure(error)));
    const onAbort = (): void => giveUp(signal.reason);
    const onOpen = (): void => {
      release();
      resolve(new WebSocketStream(ws, url, endpoint.host));
    };
    ws.once('error', fail);
    ws.once('open', onOpen);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

/**
 * The error of a connection that was made, and not upgraded: the messages of Node and ws ("socket hang up", "Parse Error")
 * name no cause. An error of the system, which has a `syscall`, is returned as it is.
 */
function handshakeFailure(error: Error): Error {
  if ('syscall' in error) return error;
  const { code } = error as NodeJS.ErrnoException;
  const why = `the WebSocket handshake failed (${error.message}): another program is on this port, or the server has the transport tcp`;
  return Object.assign(new Error(why, { cause: error }), code === undefined ? {} : { code });
}
