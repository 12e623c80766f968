import { createClient, createServer } from 'mailstation';
import type { Peer } from '../peer.js';
import type { echo } from '../remote/echo.js';

/** The package as its users get it: the built one, through its public API. */

const NAMESPACE = 'user';
const SERVER_TYPE = 'test';
const SERVER_ID = 'test-server-1';
const HOST = '127.0.0.1';
const REMOTE = new URL(import.meta.resolve('../remote/echo.js'));
/** What a router would choose by; there is one server, so any value does. */
const ROUTE_PARAM = null;

interface Remotes {
  user: { test: { echo: typeof echo } };
}

export const peer: Peer = {
  async serve() {
    const server = createServer({
      id: SERVER_ID,
      serverType: SERVER_TYPE,
      host: HOST,
      port: 0,
      paths: [{ namespace: NAMESPACE, path: REMOTE }],
    });
    await server.start();
    return { port: server.port, close: () => server.stop() };
  },

  async connect(port) {
    const client = createClient<Remotes>({});
    client.addProxies([{ namespace: NAMESPACE, serverType: SERVER_TYPE, path: REMOTE }]);
    client.addServers([{ id: SERVER_ID, serverType: SERVER_TYPE, host: HOST, port }]);
    await client.start();
    // Stations connect lazily: the first call would pay for it.
    await client.proxies.user.test.echo.echo(ROUTE_PARAM, null);
    return {
      echo: (value) => client.proxies.user.test.echo.echo(ROUTE_PARAM, value),
      close: () => client.stop(),
    };
  },
};
