import * as ws from 'ws';
import { RpcCode, RpcError } from '../errors.js';

/**
 * The package ws. A namespace import, since under the condition `browser` (`node -C browser`, jest's jsdom environment) the
 * package is a function without the names, and a named import would fail where only TCP is used.
 *
 * Throws {@link RpcCode.InvalidArgument} there.
 */
export function webSocketPackage(): Pick<typeof import('ws'), 'WebSocket' | 'WebSocketServer'> {
  if (typeof ws.WebSocketServer === 'function') return ws;
  throw new RpcError(
    RpcCode.InvalidArgument,
    "transport 'ws' needs the package ws for Node, and this process resolves packages under the condition 'browser': use transport 'tcp', or leave out the condition",
  );
}
