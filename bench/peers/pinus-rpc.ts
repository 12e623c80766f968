import { freePort } from '../free-port.js';
import { loadPackage } from '../load-package.js';
import { setNoDelayEverywhere } from '../no-delay.js';
import type { Peer } from '../peer.js';
import { callStation, type Station } from '../pomelo-call.js';

/**
 * pinus-rpc over its plain TCP transport, which is faster than MQTT, its default. `bufferMsg` is off: it would hold each call for up to
 * 50 ms. Calls take `rpcInvoke`, the client's shortest way. Nagle's algorithm is switched off from outside.
 */

interface Pinus {
  readonly default: {
    createGateway(options: object): { start(): void; stop(): void };
    createClient(options: object): Station;
  };
}
interface Module {
  readonly default: { readonly create: object };
}

export const peer: Peer = {
  async serve() {
    setNoDelayEverywhere();
    const { createGateway } = (await loadPackage<Pinus>('pinus-rpc')).default;
    const acceptor = (await loadPackage<Module>('pinus-rpc/dist/lib/rpc-server/acceptors/tcp-acceptor.js')).default;
    const port = await freePort();
    const services = { user: { echo: { echo: (value: unknown) => value } } };
    const server = createGateway({ port, services, acceptorFactory: acceptor.create });
    server.start();
    return { port, close: async () => server.stop() };
  },

  async connect(port) {
    setNoDelayEverywhere();
    const { createClient } = (await loadPackage<Pinus>('pinus-rpc')).default;
    const mailbox = (await loadPackage<Module>('pinus-rpc/dist/lib/rpc-client/mailboxes/tcp-mailbox.js')).default;
    const station = createClient({ mailboxFactory: mailbox.create });
    return callStation(station, (id, call, done) => station.rpcInvoke(id, call, done), port);
  },
};
