import { once } from 'node:events';
import { createServer, type Http2Server, type Http2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { loadPackage } from '../../load-package.js';
import { itemOf, type LargeItem, type SmallItem } from '../items.js';
import type { StreamPeer } from '../peer.js';

/**
 * Server streaming of @connectrpc/connect-node over HTTP/2 with the gRPC protocol, and without compression. Whether Connect's own
 * protocol costs less is not measured. Messages are those of @bufbuild/protobuf.
 */

interface Protobuf {
  create(schema: object, value: object): object;
  createFileRegistry(set: object): { getService(name: string): object; getMessage(name: string): object };
}

interface WellKnown {
  readonly FileDescriptorSetSchema: object;
  readonly FileDescriptorProtoSchema: object;
}

interface Items {
  small(request: { count: number }): AsyncIterable<SmallItem>;
  large(request: { count: number }): AsyncIterable<LargeItem>;
}

interface Handlers {
  small(request: { count: number }): AsyncIterable<object>;
  large(request: { count: number }): AsyncIterable<object>;
}

interface Router {
  service(service: object, handlers: Handlers): void;
}

interface Connect {
  createClient(service: object, transport: object): Items;
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
const TYPE = { string: 9, message: 11, bytes: 12, uint32: 13 };
const OPTIONAL = 1;
/** The default of 64 KiB makes items of 64 KiB wait for the other end. */
const SETTINGS = { initialWindowSize: 4 * 1024 * 1024 };

const protobuf = await loadPackage<Protobuf>('@bufbuild/protobuf');
const wellKnown = await loadPackage<WellKnown>('@bufbuild/protobuf/wkt');
const { createClient } = await loadPackage<Connect>('@connectrpc/connect');
const connectNode = await loadPackage<ConnectNode>('@connectrpc/connect-node');

const field = (name: string, number: number, type: number): object => ({ name, number, type, label: OPTIONAL });
const method = (name: string): object => ({
  name,
  inputType: '.bench.Request',
  outputType: `.bench.${name}Item`,
  serverStreaming: true,
});
const file = protobuf.create(wellKnown.FileDescriptorProtoSchema, {
  name: 'bench.proto',
  package: 'bench',
  syntax: 'proto3',
  messageType: [
    { name: 'Request', field: [field('count', 1, TYPE.uint32)] },
    { name: 'SmallItem', field: [field('id', 1, TYPE.uint32), field('text', 2, TYPE.string)] },
    { name: 'LargeItem', field: [field('id', 1, TYPE.uint32), field('data', 2, TYPE.bytes)] },
  ],
  service: [{ name: 'Items', method: [method('Small'), method('Large')] }],
});
const registry = protobuf.createFileRegistry(protobuf.create(wellKnown.FileDescriptorSetSchema, { file: [file] }));
const SERVICE = registry.getService('bench.Items');
const SMALL = registry.getMessage('bench.SmallItem');
const LARGE = registry.getMessage('bench.LargeItem');

const HANDLERS: Handlers = {
  async *small({ count }) {
    for (let id = 0; id < count; id++) yield protobuf.create(SMALL, itemOf('small', id));
  },
  async *large({ count }) {
    for (let id = 0; id < count; id++) yield protobuf.create(LARGE, itemOf('64k', id));
  },
};

export const peer: StreamPeer = {
  async serve() {
    const adapter = connectNode.connectNodeAdapter({
      acceptCompression: [],
      routes: (router: Router) => router.service(SERVICE, HANDLERS),
    });
    const server: Http2Server = createServer({ settings: SETTINGS }, adapter);
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
    const baseUrl = `http://${HOST}:${port}`;
    const sessionManager = new connectNode.Http2SessionManager(baseUrl, {}, { settings: SETTINGS });
    await sessionManager.connect();
    const client = createClient(
      SERVICE,
      connectNode.createGrpcTransport({ baseUrl, httpVersion: '2', acceptCompression: [], sessionManager }),
    );
    return {
      receive: async (kind, count, take) => {
        if (kind === 'small') for await (const item of client.small({ count })) take(item);
        else for await (const item of client.large({ count })) take(item);
      },
      close: async () => sessionManager.abort(),
    };
  },
};
