import type { Transport } from './transport.js';
import { attachWebSocket } from './websocket-attach.js';
import { dialWebSocket } from './websocket-dial.js';
import { listenWebSocket } from './websocket-listen.js';

const either: Transport<'ws' | 'wss'> = {
  dial: dialWebSocket,
  listen: (endpoint, options) =>
    options.httpServer === undefined
      ? listenWebSocket(endpoint, options)
      : attachWebSocket(options.httpServer, endpoint, options),
};

/** WebSocket, without encryption. */
export const ws: Transport<'ws'> = either;

/** WebSocket over TLS. */
export const wss: Transport<'wss'> = either;
