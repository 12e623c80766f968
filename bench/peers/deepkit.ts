import { freePort } from '../free-port.js';
import { loadPackage } from '../load-package.js';
import { setNoDelayEverywhere } from '../no-delay.js';
import type { Peer } from '../peer.js';

/**
 * The rpc of deepkit over its TCP transport, with BSON and an action for each type of value: its serializers are compiled from types, and `any` would cost more.
 * Nagle's algorithm, which the transport leaves on, is switched off from outside. Messages are not cut into chunks of 100 KB, each of which would wait for
 * an acknowledgement.
 */

type Kind = 'object' | 'text' | 'bytes';
type Decorator = (target: object, property?: string) => void;
type EchoOf = Readonly<Record<Kind, (value: unknown) => Promise<unknown>>>;

interface WriterOptions {
  chunkSize: number;
}
interface Rpc {
  readonly rpc: { controller(name: string): Decorator; action(): Decorator };
  readonly RpcKernel: new () => {
    registerController(controller: object): void;
    onConnection(listener: (connection: { readonly transportOptions: WriterOptions }) => void): void;
  };
  readonly RpcClient: new (
    transport: object,
  ) => {
    readonly transporter: { readonly writerOptions: WriterOptions };
    controller<Api>(name: string): Api;
    connect(): Promise<void>;
    disconnect(): Promise<void>;
  };
}
interface Tcp {
  readonly RpcTcpServer: new (kernel: object, host: string) => { start(): Promise<void>; close(): void };
  readonly RpcTcpClientAdapter: new (host: string) => object;
}

const HOST = '127.0.0.1';
const NO_CHUNKS = 0;

/** `interface Small { id: number; name: string; level: number; online: boolean }`, as the type compiler 1.0.19 of deepkit emits it. */
const SMALL = ['id', 'name', 'level', 'online', 'Small', "P'4!&4\"'4#)4$Mw%y"];

class Echo {
  /** Types of the methods, from the same compiler. */
  static readonly __type = [
    ...[() => SMALL, 'value', () => SMALL, 'object', 'text', 'bytes', 'Echo'],
    'Pn!2"n#0$P&2"&0%PW2"W0&5w\'',
  ];

  object(value: object): object {
    return value;
  }
  text(value: string): string {
    return value;
  }
  bytes(value: Uint8Array): Uint8Array {
    return value;
  }
}

function kindOf(value: unknown): Kind {
  if (typeof value === 'string') return 'text';
  return value instanceof Uint8Array ? 'bytes' : 'object';
}

export const peer: Peer = {
  async serve() {
    setNoDelayEverywhere();
    const { rpc, RpcKernel } = await loadPackage<Rpc>('@deepkit/rpc');
    const { RpcTcpServer } = await loadPackage<Tcp>('@deepkit/rpc-tcp');
    rpc.controller('echo')(Echo);
    for (const kind of ['object', 'text', 'bytes']) rpc.action()(Echo.prototype, kind);
    const kernel = new RpcKernel();
    kernel.onConnection(({ transportOptions }) => {
      transportOptions.chunkSize = NO_CHUNKS;
    });
    kernel.registerController(Echo);
    const port = await freePort();
    const server = new RpcTcpServer(kernel, `${HOST}:${port}`);
    await server.start();
    return { port, close: async () => server.close() };
  },

  async connect(port) {
    setNoDelayEverywhere();
    const { RpcClient } = await loadPackage<Rpc>('@deepkit/rpc');
    const { RpcTcpClientAdapter } = await loadPackage<Tcp>('@deepkit/rpc-tcp');
    const client = new RpcClient(new RpcTcpClientAdapter(`${HOST}:${port}`));
    client.transporter.writerOptions.chunkSize = NO_CHUNKS;
    await client.connect();
    const echo = client.controller<EchoOf>('echo');
    return { echo: (value) => echo[kindOf(value)](value), close: () => client.disconnect() };
  },
};
