// One of the m servers: `node server.js shop-1`. Tells its port to the process that has started it.
import { createServer } from 'mailstation';

const [, , id] = process.argv;
const server = createServer({
  id,
  serverType: 'shop',
  port: 0,
  paths: [{ namespace: 'user', path: new URL('./remote/shop', import.meta.url) }],
  logger: { info() {}, warn: console.warn, error: console.error },
});
await server.start();
process.send({ port: server.port });
process.once('disconnect', () => server.stop(true));
