import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { Peer } from '../peer.js';

/**
 * The least that a process between caller and server can cost: passes all bytes on to the port `?to=`, and reads none of them. Its caller has a
 * connection to the server of its own, as it were: nothing is shared, routed, bounded or answered here.
 */
const TO = Number(new URL(import.meta.url).searchParams.get('to'));
const PLACE = { host: '127.0.0.1', noDelay: true };

function pass(from: Socket, to: Socket): void {
  from.on('data', (bytes) => to.write(bytes));
  from.on('error', () => to.destroy());
  from.on('close', () => to.destroy());
}

export const peer: Peer = {
  async serve() {
    const server = createServer({ noDelay: true }, (socket) => {
      const upstream = connect({ ...PLACE, port: TO });
      pass(socket, upstream);
      pass(upstream, socket);
    });
    server.listen(0, PLACE.host);
    await once(server, 'listening');
    return { port: (server.address() as AddressInfo).port, close: async () => void server.close() };
  },

  connect() {
    throw new Error('a pipe makes no calls');
  },
};
