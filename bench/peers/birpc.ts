import type { WebSocket } from 'ws';
import { bytesAsText } from '../bytes-as-text.js';
import { loadPackage } from '../load-package.js';
import type { Peer } from '../peer.js';
import { openWebSocket, serveWebSockets } from '../web-sockets.js';

/** birpc over WebSockets of the package ws, with JSON: birpc brings neither a transport nor a codec. */

interface Remote {
  echo(value: unknown): Promise<unknown>;
}
interface Birpc {
  createBirpc(functions: object, options: object): Remote;
}

const FUNCTIONS = { echo: (value: unknown) => value };

async function linkOver(socket: WebSocket): Promise<Remote> {
  const { createBirpc } = await loadPackage<Birpc>('birpc');
  return createBirpc(FUNCTIONS, {
    post: (text: string) => socket.send(text),
    on: (receive: (text: string) => void) => socket.on('message', (data) => receive(String(data))),
    serialize: JSON.stringify,
    deserialize: JSON.parse,
  });
}

export const peer: Peer = {
  serve: () => serveWebSockets((socket) => void linkOver(socket)),

  async connect(port) {
    const socket = await openWebSocket(port);
    const remote = await linkOver(socket);
    return bytesAsText({ echo: (value) => remote.echo(value), close: async () => socket.close() });
  },
};
