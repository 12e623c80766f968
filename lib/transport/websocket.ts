import type { Transport } from './transport.js';
import { dialWebSocket } from './websocket-dial.js';
import { listenWebSocket } from './websocket-listen.js';

/** WebSocket, without encryption. */
export const ws: Transport<'ws'> = { dial: dialWebSocket, listen: listenWebSocket };
