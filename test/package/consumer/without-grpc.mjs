// A project without @grpc/grpc-js: what the package says to a server, a client and CommonJS code with a registry on etcd.
import { createRequire } from 'node:module';
import { createClient, createServer } from 'mailstation';
import { etcd } from 'mailstation/etcd';

const require = createRequire(import.meta.url);
const logger = { info() {}, warn() {}, error() {} };
const services = { user: { math: { add: async (one, other) => one + other } } };
const print = (error) => console.log(error.code, error.message);

for (const make of [etcd, require('mailstation/etcd').etcd]) {
  const registry = make({ hosts: 'http://127.0.0.1:1', namespace: 'consumer' });
  const server = createServer({ id: 'math-1', serverType: 'math', port: 0, services, registry, logger });
  await server.start().catch(print);
  const client = createClient({ registry, logger });
  await client.start().catch(print);
}
