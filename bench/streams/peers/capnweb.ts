import type { AddressInfo } from 'node:net';
import { deserialize, serialize } from 'node:v8';
import { loadPackage } from '../../load-package.js';
import { type Item, type ItemKind, itemOf } from '../items.js';
import type { StreamPeer } from '../peer.js';

/**
 * A ReadableStream as the result of a method of capnweb, over WebSockets of the package ws. Small items take the package's own
 * transport, JSON as texts. Bytes would be base64 there, and take a transport that serializes with `node:v8`.
 */

interface Socket {
  readonly readyState: number;
  send(message: string | Buffer): void;
  on(event: 'message', listener: (data: Buffer) => void): void;
  on(event: 'close', listener: () => void): void;
  once(event: 'open', listener: () => void): void;
  close(): void;
  terminate(): void;
}

interface Server {
  readonly clients: Set<Socket>;
  address(): AddressInfo;
  on(event: 'connection', listener: (socket: Socket, request: { readonly url: string }) => void): void;
  once(event: 'listening', listener: () => void): void;
  close(): void;
}

interface Ws {
  readonly WebSocket: new (url: string, options: object) => Socket;
  readonly WebSocketServer: new (options: object) => Server;
}

interface Api {
  items(kind: ItemKind, count: number): Promise<ReadableStream<Item>>;
}

interface Capnweb {
  readonly RpcTarget: new () => object;
  readonly RpcSession: new (transport: object, main?: object) => { getRemoteMain(): Api };
  newWebSocketRpcSession(socket: Socket, main?: object): Api;
}

const HOST = '127.0.0.1';
const KINDS: readonly ItemKind[] = ['small', '64k'];
const NO_DEFLATE = { perMessageDeflate: false };

const { WebSocket, WebSocketServer } = await loadPackage<Ws>('ws');
// capnweb compares with constants of the global one, which Node 20 has not.
Object.defineProperty(globalThis, 'WebSocket', { value: WebSocket, configurable: true });
const { RpcSession, RpcTarget, newWebSocketRpcSession } = await loadPackage<Capnweb>('capnweb');

class Items extends RpcTarget {
  items(kind: ItemKind, count: number): ReadableStream<Item> {
    let id = 0;
    return new ReadableStream<Item>({
      pull(controller) {
        if (id === count) controller.close();
        else controller.enqueue(itemOf(kind, id++));
      },
    });
  }
}

/** Messages as bytes of V8's serializer. `receive` is called again when the last message has been taken. */
class BinaryTransport {
  readonly encodingLevel = 'structuredClonable';
  readonly #socket: Socket;
  readonly #received: unknown[] = [];
  #receiver: { resolve(message: unknown): void; reject(error: Error): void } | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (data) => {
      const message: unknown = deserialize(data);
      if (this.#receiver === undefined) this.#received.push(message);
      else this.#receiver.resolve(message);
      this.#receiver = undefined;
    });
    socket.on('close', () => this.#receiver?.reject(new Error('the connection is closed')));
  }

  send(message: unknown): number {
    const bytes = serialize(message);
    this.#socket.send(bytes);
    return bytes.length;
  }

  async receive(): Promise<unknown> {
    if (this.#received.length > 0) return this.#received.shift();
    return await new Promise((resolve, reject) => {
      this.#receiver = { resolve, reject };
    });
  }
}

/** The other end's API, over the transport of this kind of items. */
function session(kind: ItemKind, socket: Socket, main?: object): Api {
  if (kind === 'small') return newWebSocketRpcSession(socket, main);
  return new RpcSession(new BinaryTransport(socket), main).getRemoteMain();
}

export const peer: StreamPeer = {
  async serve() {
    const server = new WebSocketServer({ port: 0, host: HOST, ...NO_DEFLATE });
    server.on('connection', (socket, { url }) => {
      session(url === '/small' ? 'small' : '64k', socket, new Items());
    });
    await new Promise<void>((resolve) => server.once('listening', resolve));
    return {
      port: server.address().port,
      close: async () => {
        for (const socket of server.clients) socket.terminate();
        server.close();
      },
    };
  },

  async connect(port) {
    const sockets = KINDS.map((kind) => new WebSocket(`ws://${HOST}:${port}/${kind}`, NO_DEFLATE));
    await Promise.all(sockets.map((socket) => new Promise<void>((resolve) => socket.once('open', resolve))));
    const apis = new Map(KINDS.map((kind, at) => [kind, session(kind, sockets[at] as Socket)]));
    return {
      receive: async (kind, count, take) => {
        const stream = await (apis.get(kind) as Api).items(kind, count);
        for await (const item of stream) take(item);
      },
      close: async () => {
        for (const socket of sockets) socket.close();
      },
    };
  },
};
