import { type EventEmitter, once } from 'node:events';
import { loadPackage } from '../../load-package.js';
import { type Item, type ItemKind, itemOf } from '../items.js';
import type { StreamPeer } from '../peer.js';

/**
 * Server streaming of @grpc/grpc-js. The codec is the cheapest that carries the items: four bytes and a text, or four bytes and
 * bytes. The server writes until `write` asks to wait; the client takes events, which cost less than an async iteration.
 */

interface Call extends EventEmitter {
  readonly request: number;
  write(item: Item): boolean;
  end(): void;
}

interface Received {
  on(event: 'data', listener: (item: Item) => void): void;
  on(event: 'error', listener: (error: Error) => void): void;
  on(event: 'end', listener: () => void): void;
  cancel(): void;
}

interface Method {
  readonly path: string;
  readonly requestStream: false;
  readonly responseStream: true;
  readonly requestSerialize: (count: number) => Buffer;
  readonly requestDeserialize: (bytes: Buffer) => number;
  readonly responseSerialize: (item: Item) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => Item;
}

interface Client {
  small(count: number): Received;
  large(count: number): Received;
  waitForReady(deadline: number, done: (error?: Error) => void): void;
  close(): void;
}

interface Grpc {
  readonly Server: new (options: object) => Server;
  readonly ServerCredentials: { createInsecure(): object };
  readonly credentials: { createInsecure(): object };
  makeGenericClientConstructor(
    methods: Readonly<Record<string, Method>>,
    name: string,
  ): new (
    address: string,
    credentials: object,
    options: object,
  ) => Client;
}

interface Server {
  addService(methods: Readonly<Record<string, Method>>, handlers: Readonly<Record<string, (call: Call) => void>>): void;
  bindAsync(address: string, credentials: object, done: (error: Error | null, port: number) => void): void;
  forceShutdown(): void;
}

const HOST = '127.0.0.1';
const HEAD = 4;
const START_MS = 10_000;
/** The default of 64 KiB makes items of 64 KiB wait for the other end. */
const OPTIONS = { 'grpc-node.flow_control_window': 4 * 1024 * 1024 };

const grpc = await loadPackage<Grpc>('@grpc/grpc-js');

const METHODS = { small: method('small'), large: method('64k') };

function method(kind: ItemKind): Method {
  return {
    path: `/bench.Items/${kind}`,
    requestStream: false,
    responseStream: true,
    requestSerialize: (count) => {
      const bytes = Buffer.allocUnsafe(HEAD);
      bytes.writeUInt32LE(count);
      return bytes;
    },
    requestDeserialize: (bytes) => bytes.readUInt32LE(),
    responseSerialize: encode,
    responseDeserialize: kind === 'small' ? decodeSmall : decodeLarge,
  };
}

function encode(item: Item): Buffer {
  const bytes = Buffer.allocUnsafe(HEAD + ('text' in item ? Buffer.byteLength(item.text) : item.data.length));
  bytes.writeUInt32LE(item.id);
  if ('text' in item) bytes.write(item.text, HEAD);
  else bytes.set(item.data, HEAD);
  return bytes;
}

function decodeSmall(bytes: Buffer): Item {
  return { id: bytes.readUInt32LE(), text: bytes.toString('utf8', HEAD) };
}

function decodeLarge(bytes: Buffer): Item {
  return { id: bytes.readUInt32LE(), data: bytes.subarray(HEAD) };
}

function sender(kind: ItemKind): (call: Call) => void {
  return async (call) => {
    for (let id = 0; id < call.request; id++) if (!call.write(itemOf(kind, id))) await once(call, 'drain');
    call.end();
  };
}

export const peer: StreamPeer = {
  async serve() {
    const server = new grpc.Server(OPTIONS);
    server.addService(METHODS, { small: sender('small'), large: sender('64k') });
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync(`${HOST}:0`, grpc.ServerCredentials.createInsecure(), (error, bound) => {
        if (error === null) resolve(bound);
        else reject(error);
      });
    });
    return { port, close: async () => server.forceShutdown() };
  },

  async connect(port) {
    const Items = grpc.makeGenericClientConstructor(METHODS, 'Items');
    const client = new Items(`${HOST}:${port}`, grpc.credentials.createInsecure(), OPTIONS);
    await new Promise<void>((resolve, reject) => {
      client.waitForReady(Date.now() + START_MS, (error) => (error === undefined ? resolve() : reject(error)));
    });
    return {
      receive: (kind, count, take) =>
        new Promise((resolve, reject) => {
          const call = kind === 'small' ? client.small(count) : client.large(count);
          call.on('data', (item) => {
            try {
              take(item);
            } catch (error) {
              reject(error);
              call.cancel();
            }
          });
          call.on('error', reject);
          call.on('end', resolve);
        }),
      close: async () => client.close(),
    };
  },
};
