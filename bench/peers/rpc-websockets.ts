import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { bytesAsText } from '../bytes-as-text.js';
import { loadPackage } from '../load-package.js';
import type { Peer } from '../peer.js';

/** rpc-websockets: JSON-RPC 2.0 over WebSockets of the package ws, without compression. ws sets `TCP_NODELAY`. */

interface Server {
  readonly wss: { address(): AddressInfo };
  register(name: string, method: (params: readonly unknown[]) => unknown): void;
  on(event: string, listener: () => void): void;
  close(): Promise<void>;
}
interface Client {
  call(name: string, params: readonly unknown[]): Promise<unknown>;
  on(event: string, listener: () => void): void;
  close(): void;
}
interface Package {
  readonly Server: new (options: object) => Server;
  readonly Client: new (address: string, options: object) => Client;
}

const HOST = '127.0.0.1';

export const peer: Peer = {
  async serve() {
    const { Server } = await loadPackage<Package>('rpc-websockets');
    const server = new Server({ host: HOST, port: 0, perMessageDeflate: false });
    await once(server as never, 'listening');
    server.register('echo', ([value]) => value);
    return { port: server.wss.address().port, close: () => server.close() };
  },

  async connect(port) {
    const { Client } = await loadPackage<Package>('rpc-websockets');
    const client = new Client(`ws://${HOST}:${port}`, { perMessageDeflate: false, reconnect: false });
    await new Promise<void>((resolve) => client.on('open', resolve));
    return bytesAsText({ echo: (value) => client.call('echo', [value]), close: async () => client.close() });
  },
};
