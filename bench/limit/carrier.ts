import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type ListenOptions, type Server, type Socket } from 'node:net';
import path from 'node:path';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';
import { type WebSocket, WebSocket as WebSocketClient, WebSocketServer } from 'ws';
import type { PeerServer } from '../peer.js';
import type { LinkSocket } from './json-link.js';

const HOST = '127.0.0.1';

/** A stream between the two ends of a loop. */
interface CarriedStream extends LinkSocket {
  /** Resolves when the stream is closed. */
  close(): Promise<void>;
}

/** How the two ends of a loop reach each other, on loopback. */
export interface Carrier {
  listen(onStream: (stream: CarriedStream) => void): Promise<PeerServer>;
  connect(port: number): Promise<CarriedStream>;
}

/** How the sockets of a loop are made: by node:net or by node:tls. */
interface SocketMaker {
  serve(onSocket: (socket: Socket) => void): Server;
  /** Where the server listens. */
  readonly at: ListenOptions;
  dial(port: number): Socket;
  /** Event with which the socket of {@link dial} can be used. */
  readonly event: string;
}

/** A TCP socket. */
export const tcpCarrier: Carrier = carrierOf({
  serve: createServer,
  at: { host: HOST, port: 0 },
  dial: (port) => connect(port, HOST),
  event: 'connect',
});

/** A unix socket in `folder`. */
export function unixCarrier(folder: string): Carrier {
  const file = path.join(folder, 'limit.sock');
  return carrierOf({ serve: createServer, at: { path: file }, dial: () => connect(file), event: 'connect' });
}

/** TLS over TCP, with the certificate in `folder`; both ends have Node's defaults. */
export function tlsCarrier(folder: string): Carrier {
  const cert = readFileSync(path.join(folder, 'cert.pem'));
  const key = readFileSync(path.join(folder, 'key.pem'));
  return carrierOf({
    serve: (onSocket) => createTlsServer({ cert, key }, onSocket),
    at: { host: HOST, port: 0 },
    dial: (port) => connectTls({ host: HOST, port, ca: cert }),
    event: 'secureConnect',
  });
}

function carrierOf({ serve, at, dial, event }: SocketMaker): Carrier {
  return {
    async listen(onStream) {
      const streams = new Set<CarriedStream>();
      const server = serve((socket) => {
        const stream = carrySocket(socket);
        streams.add(stream);
        socket.once('close', () => streams.delete(stream));
        onStream(stream);
      });
      server.listen(at);
      await once(server, 'listening');
      return {
        port: (server.address() as Partial<AddressInfo>).port ?? 0,
        async close() {
          const closed = once(server, 'close');
          server.close();
          for (const stream of streams) void stream.close();
          await closed;
        },
      };
    },
    async connect(port) {
      const socket = dial(port);
      await once(socket, event);
      return carrySocket(socket);
    },
  };
}

function carrySocket(socket: Socket): CarriedStream {
  return Object.assign(socket, {
    async close() {
      const closed = once(socket, 'close');
      socket.destroy();
      await closed;
    },
  });
}

/** A WebSocket of the package ws, with or without permessage-deflate, whose own defaults hold. */
export function webSocketCarrier(perMessageDeflate: boolean): Carrier {
  return {
    async listen(onStream) {
      const server = new WebSocketServer({ host: HOST, port: 0, perMessageDeflate, skipUTF8Validation: true });
      server.on('connection', (socket) => onStream(carryWebSocket(socket)));
      await once(server, 'listening');
      return {
        port: (server.address() as AddressInfo).port,
        async close() {
          const closed = new Promise((resolve) => server.close(resolve));
          for (const socket of server.clients) socket.terminate();
          await closed;
        },
      };
    },
    async connect(port) {
      const socket = new WebSocketClient(`ws://${HOST}:${port}`, { perMessageDeflate, skipUTF8Validation: true });
      await once(socket, 'open');
      return carryWebSocket(socket);
    },
  };
}

function carryWebSocket(socket: WebSocket): CarriedStream {
  return {
    get writableLength() {
      return socket.bufferedAmount;
    },
    write: (bytes) => socket.send(bytes),
    setNoDelay: () => {}, // ws has done so
    on: (_event, receive) => socket.on('message', (data) => receive(data as Buffer)),
    async close() {
      const closed = once(socket, 'close');
      socket.terminate();
      await closed;
    },
  };
}
