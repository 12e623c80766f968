import { once } from 'node:events';
import { createServer, type Http2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { loadPackage } from '../load-package.js';
import type { Peer } from '../peer.js';

/**
 * Unary calls of @connectrpc/connect-node over HTTP/2 with the gRPC protocol, and without compression, on one session that is open.
 * Messages are those of @bufbuild/protobuf.
 */

interface Protobuf {
  create(schema: object, value: object): object;
  createFileRegistry(set: object): { getService(name: string): object };
}
interface WellKnown {
  readonly FileDescriptorSetSchema: object;
  readonly FileDescriptorProtoSchema: object;
}
interface Message {
  readonly text?: string;
  readonly data?: Uint8Array;
}
interface Echo {
  object(message: object): Promise<object>;
  text(message: Message): Promise<Message>;
  bytes(message: Message): Promise<Message>;
}
interface Connect {
  createClient(service: object, transport: object): Echo;
}
interface ConnectNode {
  connectNodeAdapter(options: object): Parameters<typeof createServer>[1];
  createGrpcTransport(options: object): object;
  readonly Http2SessionManager: new (
    url: string,
    pings: object,
    session: object,
  ) => { connect(): Promise<string>; abort(): void };
}

const HOST = '127.0.0.1';
/** Numbers of types in a FileDescriptorProto. */
const TYPE = { bool: 8, string: 9, bytes: 12, uint32: 13 };
const OPTIONAL = 1;
const SETTINGS = { initialWindowSize: 4 * 1024 * 1024 };

async function loadService(): Promise<object> {
  const protobuf = await loadPackage<Protobuf>('@bufbuild/protobuf');
  const wellKnown = await loadPackage<WellKnown>('@bufbuild/protobuf/wkt');
  const field = (name: string, number: number, type: number): object => ({ name, number, type, label: OPTIONAL });
  const method = (name: string): object => ({ name, inputType: `.bench.${name}`, outputType: `.bench.${name}` });
  const small = [field('id', 1, TYPE.uint32), field('name', 2, TYPE.string), field('level', 3, TYPE.uint32)];
  const file = protobuf.create(wellKnown.FileDescriptorProtoSchema, {
    name: 'bench.proto',
    package: 'bench',
    syntax: 'proto3',
    messageType: [
      { name: 'Object', field: [...small, field('online', 4, TYPE.bool)] },
      { name: 'Text', field: [field('text', 1, TYPE.string)] },
      { name: 'Bytes', field: [field('data', 1, TYPE.bytes)] },
    ],
    service: [{ name: 'Echo', method: ['Object', 'Text', 'Bytes'].map(method) }],
  });
  return protobuf
    .createFileRegistry(protobuf.create(wellKnown.FileDescriptorSetSchema, { file: [file] }))
    .getService('bench.Echo');
}

export const peer: Peer = {
  async serve() {
    const { connectNodeAdapter } = await loadPackage<ConnectNode>('@connectrpc/connect-node');
    const service = await loadService();
    const same = (message: object): object => message;
    const handlers = { object: same, text: same, bytes: same };
    const routes = (router: { service(service: object, handlers: object): void }): void =>
      router.service(service, handlers);
    const adapter = connectNodeAdapter({ acceptCompression: [], routes });
    const server = createServer({ settings: SETTINGS }, adapter);
    const sessions = new Set<Http2Session>();
    server.on('session', (session: Http2Session) => sessions.add(session));
    server.listen(0, HOST);
    await once(server, 'listening');
    return {
      port: (server.address() as AddressInfo).port,
      close: async () => {
        for (const session of sessions) session.destroy();
        server.close();
      },
    };
  },

  async connect(port) {
    const { createClient } = await loadPackage<Connect>('@connectrpc/connect');
    const { Http2SessionManager, createGrpcTransport } = await loadPackage<ConnectNode>('@connectrpc/connect-node');
    const baseUrl = `http://${HOST}:${port}`;
    const sessionManager = new Http2SessionManager(baseUrl, {}, { settings: SETTINGS });
    await sessionManager.connect();
    const transport = createGrpcTransport({ baseUrl, httpVersion: '2', acceptCompression: [], sessionManager });
    const client = createClient(await loadService(), transport);
    return {
      echo: async (value) => {
        if (typeof value === 'string') return (await client.text({ text: value })).text;
        if (Buffer.isBuffer(value)) return (await client.bytes({ data: value })).data;
        return client.object(value as object);
      },
      close: async () => sessionManager.abort(),
    };
  },
};
