import { WebSocket } from 'ws';
import { loadPackage } from '../load-package.js';
import type { Peer } from '../peer.js';
import { openWebSocket, serveWebSockets } from '../web-sockets.js';

/** capnweb over WebSockets of the package ws, with its own transport: JSON texts, in which bytes are base64. */

interface Api {
  echo(value: unknown): Promise<unknown>;
}
interface Capnweb {
  readonly RpcTarget: new () => object;
  newWebSocketRpcSession(socket: WebSocket, main?: object): Api;
}

async function load(): Promise<Capnweb> {
  // capnweb compares with constants of the global one, which Node 20 has not.
  Object.defineProperty(globalThis, 'WebSocket', { value: WebSocket, configurable: true });
  return loadPackage<Capnweb>('capnweb');
}

export const peer: Peer = {
  async serve() {
    const { RpcTarget, newWebSocketRpcSession } = await load();
    class Echo extends RpcTarget {
      echo(value: unknown): unknown {
        return value;
      }
    }
    return serveWebSockets((socket) => void newWebSocketRpcSession(socket, new Echo()));
  },

  async connect(port) {
    const { newWebSocketRpcSession } = await load();
    const socket = await openWebSocket(port);
    const api = newWebSocketRpcSession(socket);
    return {
      // The wrapper has one `then`: what comes out is the value alone.
      echo: async (value) => await api.echo(value),
      close: async () => socket.close(),
    };
  },
};
