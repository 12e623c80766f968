import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import type { PeerServer } from './peer.js';

const HOST = '127.0.0.1';
const OPTIONS = { perMessageDeflate: false, skipUTF8Validation: true };

/** A WebSocket server of the package ws without compression, for peers that bring no transport. */
export async function serveWebSockets(onSocket: (socket: WebSocket) => void): Promise<PeerServer> {
  const server = new WebSocketServer({ host: HOST, port: 0, ...OPTIONS });
  server.on('connection', onSocket);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      for (const socket of server.clients) socket.terminate();
      server.close();
    },
  };
}

export async function openWebSocket(port: number): Promise<WebSocket> {
  const socket = new WebSocket(`ws://${HOST}:${port}`, OPTIONS);
  await once(socket, 'open');
  return socket;
}
