import { createClient, createServer } from 'mailstation';
import type { Peer } from '../peer.js';

/** The package as its users get it: built, and through its public API. */

const NAMESPACE = 'user';
const SERVER_TYPE = 'test';
const SERVER_ID = 'test-server-1';
const HOST = '127.0.0.1';
const REMOTE = new URL(import.meta.resolve('../remote/echo.js'));
/** As users route: by whom the call is about. */
const ROUTE_PARAM = { uid: 'ada' };

interface Proxies {
  readonly user: {
    readonly test: { readonly echo: { echo(routeParam: unknown, value: unknown): Promise<unknown> } };
  };
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
    const client = createClient();
    client.addProxies([{ namespace: NAMESPACE, serverType: SERVER_TYPE, path: REMOTE }]);
    client.addServers([{ id: SERVER_ID, serverType: SERVER_TYPE, host: HOST, port }]);
    await client.start();
    const proxies = client.proxies as unknown as Proxies;
    // Stations connect lazily: the first call would pay for it.
    await proxies.user.test.echo.echo(ROUTE_PARAM, null);
    return {
      echo: (value) => proxies.user.test.echo.echo(ROUTE_PARAM, value),
      close: () => client.stop(),
    };
  },
};
