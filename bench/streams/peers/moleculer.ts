import { Readable } from 'node:stream';
import { freePort } from '../../free-port.js';
import { loadPackage } from '../../load-package.js';
import { type Item, type ItemKind, itemsOf } from '../items.js';
import type { StreamPeer } from '../peer.js';

/**
 * Streams in object mode of moleculer 0.14 over its TCP transporter, with Notepack, which is faster here than JSON and the only
 * one of both that carries bytes. Logs, metrics, and discovery over UDP are off.
 */

interface Context {
  readonly params: { readonly kind: ItemKind; readonly count: number };
}

interface Broker {
  createService(service: { name: string; actions: Readonly<Record<string, (context: Context) => Readable>> }): void;
  start(): Promise<void>;
  stop(): Promise<void>;
  waitForServices(names: string, timeoutMs: number): Promise<void>;
  call(action: string, params: Context['params']): Promise<Readable>;
}

interface Moleculer {
  readonly default: { readonly ServiceBroker: new (options: object) => Broker };
}

const HOST = '127.0.0.1';
const START_MS = 10_000;

const { ServiceBroker } = (await loadPackage<Moleculer>('moleculer')).default;

/** A node that knows the other ones by their addresses. */
function broker(nodeID: string, port: number, urls: readonly string[]): Broker {
  const options = { port, urls, udpDiscovery: false, useHostname: false, gossipPeriod: 0.2 };
  return new ServiceBroker({
    nodeID,
    logger: false,
    metrics: false,
    tracing: false,
    serializer: 'Notepack',
    transporter: { type: 'TCP', options },
  });
}

export const peer: StreamPeer = {
  async serve() {
    const port = await freePort();
    const server = broker('server', port, [`${HOST}:${port}/server`]);
    server.createService({
      name: 'items',
      actions: { stream: ({ params: { kind, count } }) => Readable.from(itemsOf(kind, count)) },
    });
    await server.start();
    return { port, close: () => server.stop() };
  },

  async connect(serverPort) {
    const port = await freePort();
    const client = broker('client', port, [`${HOST}:${serverPort}/server`, `${HOST}:${port}/client`]);
    await client.start();
    await client.waitForServices('items', START_MS);
    return {
      receive: async (kind, count, take) => {
        const stream = await client.call('items.stream', { kind, count });
        for await (const item of stream) take(item as Item);
      },
      close: () => client.stop(),
    };
  },
};
