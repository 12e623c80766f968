import type { Logger } from 'mailstation';
import type { Peer } from '../peer.js';
import { placesOf } from '../places.js';
import type { echo } from '../remote/echo.js';
import { watchedBy } from '../watched.js';

/**
 * The package as its users get it: built, and through its public API. `?build=` names another build's entry module,
 * `?transport=` a transport, `?folder=` a folder for the files that this transport needs, `?watched=` what watches the calls: see
 * watched.ts, and `?share=` the port of shared mailboxes, which a client with `?follows` never takes.
 */
const QUERY = new URL(import.meta.url).searchParams;
const BUILD = QUERY.get('build') ?? 'mailstation';
const { createClient, createServer } = (await import(BUILD)) as typeof import('mailstation');

const WATCHED = watchedBy(QUERY.get('watched'));
const SHARE_PORT = QUERY.get('share');
const SHARE = SHARE_PORT === null ? {} : { share: { port: Number(SHARE_PORT), lead: !QUERY.has('follows') } };

const NAMESPACE = 'user';
const SERVER_TYPE = 'test';
const SERVER_ID = 'test-server-1';
const HOST = '127.0.0.1';
const PLACES = placesOf(QUERY.get('transport') ?? 'tcp', QUERY.get('folder') ?? '', HOST);
const REMOTE = new URL(import.meta.resolve('../remote/echo.js'));
/** As users route: by whom the call is about. */
const ROUTE_PARAM = { uid: 'ada' };

interface Remotes {
  user: { test: { echo: typeof echo } };
}

/** Where it listens is told at each start, and would be between the lines of the report. */
const LOGGER: Logger = { info: () => {}, warn: console.error, error: console.error };

export const peer: Peer = {
  async serve() {
    const server = createServer({
      id: SERVER_ID,
      serverType: SERVER_TYPE,
      ...PLACES.server,
      ...WATCHED.server,
      paths: [{ namespace: NAMESPACE, path: REMOTE }],
      logger: LOGGER,
    });
    await server.start();
    await WATCHED.watchServer?.(server);
    return { port: server.port, close: () => server.stop() };
  },

  async connect(port) {
    const client = createClient<Remotes>({ ...PLACES.client, ...SHARE });
    client.addProxies([{ namespace: NAMESPACE, serverType: SERVER_TYPE, path: REMOTE }]);
    client.addServers([{ id: SERVER_ID, serverType: SERVER_TYPE, ...PLACES.entry(port) }]);
    await client.start();
    await WATCHED.watchClient?.(client);
    // Stations connect lazily: the first call would pay for it.
    await client.proxies.user.test.echo.echo(ROUTE_PARAM, null);
    return {
      echo: (value) => client.proxies.user.test.echo.echo(ROUTE_PARAM, value),
      close: () => client.stop(),
    };
  },
};
