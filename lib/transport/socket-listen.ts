import type { ListenOptions as Place, Server } from 'node:net';
import { setImmediate } from '../timers.js';
import { withRealTicks } from './real-ticks.js';
import { LISTEN_BACKLOG } from './transport.js';

/** Makes a server of Node listen. Resolves when listening. Errors after that go to `onError`. */
export function listenAt(server: Server, place: Place, onError: (error: Error) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    const onListening = (): void => {
      server.removeListener('error', reject);
      server.on('error', onError);
      resolve();
    };
    withRealTicks(() => server.listen({ ...place, exclusive: true, backlog: LISTEN_BACKLOG }, onListening));
  });
}

/** Resolves when the place is free, which is at once: only accepted sockets make `server.close` wait. */
export function closeServer(server: Server): Promise<void> {
  server.close();
  return new Promise((resolve) => setImmediate(resolve));
}
