/**
 * One of many processes of a machine, for bench/etcd.ts: registers a server and follows all others through the connection of the machine.
 * Arguments: the URL of etcd, the place where the processes of the machine meet, and the id of the server.
 */
import { etcd } from '../etcd.js';
import { quietLogger } from '../lib/diagnostics.js';

const [hosts = '', path = '', id = ''] = process.argv.slice(2);
const registry = etcd({ hosts, namespace: 'machines', share: { path }, ttl: 60_000 });
const logger = { ...quietLogger, warn: () => {} };
registry.follow({
  logger,
  onList: ({ servers }) => process.send?.({ servers: servers.length }),
  onFailure: () => {},
});
const server = { id, serverType: 'chat', url: 'tcp://10.0.0.5:3333' };
await registry.registration(server, { logger, onError: () => {} }).register();
