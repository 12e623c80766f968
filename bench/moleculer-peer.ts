import { freePort } from './free-port.js';
import { loadPackage } from './load-package.js';
import type { Peer } from './peer.js';

/**
 * moleculer over its TCP transporter, with Notepack, which is faster here than JSON and carries bytes. Logs, metrics, tracing,
 * validation and discovery over UDP are off. The transporter sets `TCP_NODELAY`.
 */

interface Broker {
  createService(service: object): void;
  start(): Promise<void>;
  stop(): Promise<void>;
  waitForServices(names: string, timeoutMs: number): Promise<void>;
  call(action: string, params: object): Promise<unknown>;
}
interface Moleculer {
  readonly default: { readonly ServiceBroker: new (options: object) => Broker };
}

const HOST = '127.0.0.1';
const START_MS = 10_000;

/** A node that knows the other ones by their addresses. */
async function broker(packageName: string, nodeID: string, port: number, urls: readonly string[]): Promise<Broker> {
  const { ServiceBroker } = (await loadPackage<Moleculer>(packageName)).default;
  const options = { port, urls, udpDiscovery: false, useHostname: false, gossipPeriod: 0.2, maxPacketSize: 8_388_608 };
  const transporter = { type: 'TCP', options };
  const off = { logger: false, metrics: false, tracing: false, validator: false };
  return new ServiceBroker({ nodeID, ...off, serializer: 'Notepack', transporter });
}

/** The peer of one line of versions. `packageName`: under which bench/package.json has that line. */
export function moleculerPeer(packageName: string): Peer {
  return {
    async serve() {
      const port = await freePort();
      const server = await broker(packageName, 'server', port, [`${HOST}:${port}/server`]);
      const echo = ({ params }: { params: { value: unknown } }): unknown => params.value;
      server.createService({ name: 'echo', actions: { echo } });
      await server.start();
      return { port, close: () => server.stop() };
    },

    async connect(serverPort) {
      const port = await freePort();
      const client = await broker(packageName, 'client', port, [
        `${HOST}:${serverPort}/server`,
        `${HOST}:${port}/client`,
      ]);
      await client.start();
      await client.waitForServices('echo', START_MS);
      return { echo: (value) => client.call('echo.echo', { value }), close: () => client.stop() };
    },
  };
}
