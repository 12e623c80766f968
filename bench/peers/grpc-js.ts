import { loadPackage } from '../load-package.js';
import type { Peer } from '../peer.js';

/**
 * Unary calls of @grpc/grpc-js with the cheapest codec for each value: JSON for an object, UTF-8 for a text, nothing for bytes.
 * HTTP/2 sets `TCP_NODELAY`. Messages may be as large as those of the other peers.
 */

type Kind = 'object' | 'text' | 'bytes';
type Reply = (error: Error | null, value: unknown) => void;
type Client = Readonly<Record<Kind, (value: unknown, reply: Reply) => void>> & {
  waitForReady(deadline: number, done: (error?: Error) => void): void;
  close(): void;
};
interface Server {
  addService(
    methods: object,
    handlers: Readonly<Record<Kind, (call: { request: unknown }, reply: Reply) => void>>,
  ): void;
  bindAsync(address: string, credentials: object, done: (error: Error | null, port: number) => void): void;
  forceShutdown(): void;
}
interface Grpc {
  readonly Server: new (options: object) => Server;
  readonly ServerCredentials: { createInsecure(): object };
  readonly credentials: { createInsecure(): object };
  makeGenericClientConstructor(
    methods: object,
    name: string,
  ): new (
    address: string,
    credentials: object,
    options: object,
  ) => Client;
}

const HOST = '127.0.0.1';
const START_MS = 10_000;
const OPTIONS = { 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1 };

function method(path: string, serialize: (value: never) => Buffer, deserialize: (bytes: Buffer) => unknown): object {
  const codec = {
    requestSerialize: serialize,
    responseSerialize: serialize,
    requestDeserialize: deserialize,
    responseDeserialize: deserialize,
  };
  return { path: `/bench.Echo/${path}`, requestStream: false, responseStream: false, ...codec };
}

const METHODS = {
  object: method(
    'object',
    (value) => Buffer.from(JSON.stringify(value)),
    (bytes) => JSON.parse(bytes.toString()),
  ),
  text: method(
    'text',
    (value) => Buffer.from(value),
    (bytes) => bytes.toString(),
  ),
  bytes: method(
    'bytes',
    (value) => value,
    (bytes) => bytes,
  ),
};

function kindOf(value: unknown): Kind {
  if (typeof value === 'string') return 'text';
  return Buffer.isBuffer(value) ? 'bytes' : 'object';
}

export const peer: Peer = {
  async serve() {
    const grpc = await loadPackage<Grpc>('@grpc/grpc-js');
    const server = new grpc.Server(OPTIONS);
    const echo = ({ request }: { request: unknown }, reply: Reply): void => reply(null, request);
    server.addService(METHODS, { object: echo, text: echo, bytes: echo });
    const port = await new Promise<number>((resolve, reject) => {
      const credentials = grpc.ServerCredentials.createInsecure();
      server.bindAsync(`${HOST}:0`, credentials, (error, bound) => (error === null ? resolve(bound) : reject(error)));
    });
    return { port, close: async () => server.forceShutdown() };
  },

  async connect(port) {
    const grpc = await loadPackage<Grpc>('@grpc/grpc-js');
    const Echo = grpc.makeGenericClientConstructor(METHODS, 'Echo');
    const client = new Echo(`${HOST}:${port}`, grpc.credentials.createInsecure(), OPTIONS);
    await new Promise<void>((resolve, reject) => {
      client.waitForReady(Date.now() + START_MS, (error) => (error === undefined ? resolve() : reject(error)));
    });
    return {
      echo: (value) =>
        new Promise((resolve, reject) => {
          client[kindOf(value)](value, (error, reply) => (error === null ? resolve(reply) : reject(error)));
        }),
      close: async () => client.close(),
    };
  },
};
