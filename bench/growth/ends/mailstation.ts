import { createClient, createServer, type Logger } from 'mailstation';
import type { GrowthEnds } from '../ends.js';
import type { growing } from '../remote/growing.js';

const HOST = '127.0.0.1';
const NAMESPACE = 'user';
const SERVER_TYPE = 'test';
const REMOTE = new URL(import.meta.resolve('../remote/growing.js'));
const LOGGER: Logger = { info: () => {}, warn: console.error, error: console.error };

/** Room for 100,000 calls of one connection, and time for them. */
const HIGH = {
  server: { maxConcurrent: 300_000, maxCallsPerConnection: 200_000 },
  client: { maxInFlight: 200_000, timeout: 600_000 },
};

interface Remotes {
  user: { test: { growing: typeof growing } };
}

/** The package as its users get it: built, and through its public API. The servers take turns, since calls have no route. */
export const ends: GrowthEnds = {
  async serve(number, limits) {
    const server = createServer({
      id: `test-${number}`,
      serverType: SERVER_TYPE,
      host: HOST,
      port: 0,
      ...(limits === 'high' && HIGH.server),
      paths: [{ namespace: NAMESPACE, path: REMOTE }],
      logger: LOGGER,
    });
    await server.start();
    return { port: server.port, close: () => server.stop() };
  },

  async connect(ports, limits) {
    const client = createClient<Remotes>({ logger: LOGGER, ...(limits === 'high' && HIGH.client) });
    client.addProxies([{ namespace: NAMESPACE, serverType: SERVER_TYPE, path: REMOTE }]);
    client.addServers(ports.map((port, at) => ({ id: `test-${at}`, serverType: SERVER_TYPE, host: HOST, port })));
    await client.start();
    const { echo, hold, held, release } = client.proxies.user.test.growing;
    for (const at of ports.keys()) await echo.toServer(`test-${at}`, null);
    return {
      echo: (value) => echo(null, value),
      hold: (number) => hold.toServer('test-0', number),
      held: () => held.toServer('test-0'),
      release: () => release.toServer('test-0'),
      close: () => client.stop(),
    };
  },
};
