import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { Peer, PeerClient, PeerServer } from '../peer.js';
import { JsonLink, type JsonLinkOptions } from './json-link.js';

const HOST = '127.0.0.1';

/** An echo over a {@link JsonLink}: on the client a Map of promises by id, on the server nothing at all. */
export function createLimitPeer(options: JsonLinkOptions): Peer {
  return {
    serve: () => serve(options),
    connect: (port) => connectClient(port, options),
  };
}

async function serve(options: JsonLinkOptions): Promise<PeerServer> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    const link = new JsonLink(socket, options, (id, value) => link.send(id, value));
  });
  server.listen(0, HOST);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

async function connectClient(port: number, options: JsonLinkOptions): Promise<PeerClient> {
  const socket = connect(port, HOST);
  await once(socket, 'connect');

  const waiting = new Map<number, (value: unknown) => void>();
  let lastId = 0;
  const link = new JsonLink(socket, options, (id, value) => {
    const resolve = waiting.get(id);
    if (resolve === undefined) throw new Error(`limit-json: an answer to ${id}, which nobody asked`);
    waiting.delete(id);
    resolve(value);
  });

  return {
    echo(value) {
      lastId = (lastId + 1) >>> 0;
      const id = lastId;
      link.send(id, value);
      return new Promise((resolve) => waiting.set(id, resolve));
    },
    async close() {
      const closed = once(socket, 'close');
      socket.destroy();
      await closed;
    },
  };
}
