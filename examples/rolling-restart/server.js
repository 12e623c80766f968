// One server of the shop: `node server.js ID VERSION`. Sends its port to main.js, and stops in order at SIGTERM.
import { createServer } from 'mailstation';

const [id, version] = process.argv.slice(2);
const server = createServer({
  ...{ id, serverType: 'shop', port: 0 },
  paths: [{ namespace: 'user', path: new URL('./remote/shop', import.meta.url) }],
  services: { user: { about: { version: () => version } } },
});
await server.start();
process.send({ id, serverType: 'shop', port: server.port });

process.once('SIGTERM', async () => {
  await server.stop(); // callers are told to send no more calls; those that have arrived are answered
  process.disconnect();
});
