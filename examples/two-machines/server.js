// One of the servers. It registers in etcd when it listens, and leaves when it stops.
import { createServer } from 'mailstation';
import { etcd } from 'mailstation/etcd';

const [url, ttl, id, host] = process.argv.slice(2);
const logger = { info() {}, warn() {}, error() {} }; // the story has the lines

const prices = {
  async priceOf(item) {
    await new Promise((resolve) => setTimeout(resolve, 2));
    return { item, price: item.length, by: id };
  },
};
const server = createServer({
  id,
  serverType: 'shop',
  host,
  port: 0,
  insecure: true, // the network is our own; beyond it, give tls or a secret
  services: { user: { prices } },
  registry: etcd({ hosts: url, namespace: 'two-machines', ttl: Number(ttl) }),
  logger,
});
await server.start();
process.send({ type: 'ready' });

process.on('message', async () => {
  await server.stop();
  process.exit();
});
process.on('disconnect', () => process.exit());
