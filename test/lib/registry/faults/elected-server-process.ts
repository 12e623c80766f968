/**
 * A server of the id `area-1` whose Leader is elected by etcd. Arguments: the port of etcd, the address to listen on, the name of the
 * process, and the time of the lease. Reports when the server leads, and when it is deposed.
 */
import { etcd } from '../../../../etcd.js';
import { callContext, createServer } from '../../../../index.js';
import { now } from './history.js';

const [port = '', host = '', name = '', ttl = ''] = process.argv.slice(2);

const registry = etcd({ hosts: `http://127.0.0.1:${port}`, namespace: 'elected' });
const quiet = { info: () => {}, warn: () => {}, error: () => {} };
const server = createServer({
  id: 'area-1',
  serverType: 'area',
  host,
  port: 0,
  services: { user: { area: { who: async () => ({ name, revision: callContext()?.term?.revision, at: now() }) } } },
  registry,
  standby: true,
  election: registry.election('area-1', { ttl: Number(ttl) }),
  logger: quiet,
});
server.on('error', () => {});
server.on('start', () => process.send?.({ event: 'leads', at: now(), url: server.urls[0] ?? '' }));
server.on('deposed', () => process.send?.({ event: 'deposed', at: now() }));
process.on('message', (message) => {
  if (message === 'stop') void server.stop().then(() => process.exit(0));
});
await server.start();
process.send?.({ type: 'ready' });
