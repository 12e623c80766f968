// An application of one process: its server, its client, and one call between them.
import { createClient, createServer } from 'mailstation';

const path = new URL('./remote/', import.meta.url);
const logger = { info() {}, warn: console.error, error: console.error };
const paths = [{ namespace: 'user', path }];
const server = createServer({ id: 'math-1', serverType: 'math', port: 0, paths, logger });
await server.start();

const client = createClient();
client.addProxies([{ namespace: 'user', serverType: 'math', path }]);
client.addServers([{ id: 'math-1', serverType: 'math', host: '127.0.0.1', port: server.port }]);
await client.start();

console.log(await client.proxies.user.math.sums.add(null, 1, 2));

await client.stop();
await server.stop();
