import type { Logger } from 'mailstation';
import type { StreamPeer } from '../peer.js';
import type { items } from '../remote/items.js';

/**
 * The package as its users get it: built, through its public API, with the default options. `?build=` names another build's entry
 * module.
 */
const BUILD = new URL(import.meta.url).searchParams.get('build') ?? 'mailstation';
const { createClient, createServer } = (await import(BUILD)) as typeof import('mailstation');

const SERVER = { id: 'items-1', serverType: 'store', host: '127.0.0.1' };
const NAMESPACE = 'user';
const REMOTE = new URL(import.meta.resolve('../remote/items.js'));
const ROUTE_PARAM = { uid: 'ada' };

interface Remotes {
  user: { store: { items: { items: typeof items } } };
}

/** The line of each start would be between the lines of the report. */
const LOGGER: Logger = { info: () => {}, warn: console.error, error: console.error };

export const peer: StreamPeer = {
  async serve() {
    const server = createServer({
      ...SERVER,
      port: 0,
      paths: [{ namespace: NAMESPACE, path: REMOTE }],
      logger: LOGGER,
    });
    await server.start();
    return { port: server.port, close: () => server.stop() };
  },

  async connect(port) {
    const client = createClient<Remotes>({ logger: LOGGER });
    client.addProxies([{ namespace: NAMESPACE, serverType: SERVER.serverType, path: REMOTE }]);
    client.addServers([{ ...SERVER, port }]);
    await client.start();
    const method = client.proxies.user.store.items.items;
    return {
      receive: async (kind, count, take) => {
        for await (const item of method.stream(ROUTE_PARAM, kind, count)) take(item);
      },
      close: () => client.stop(),
    };
  },
};
