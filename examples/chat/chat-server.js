// A chat server: `node chat-server.js ID FOLDER PORT`.
import { createServer } from 'mailstation';
import { askedToStop, letEnd } from './asked-to-stop.js';

const [id, folder, port] = process.argv.slice(2);
const server = createServer({
  ...{ id, serverType: 'chat', port: Number(port), drainTimeout: 1_000, callStats: true },
  context: { id, folder },
  paths: [{ namespace: 'user', path: new URL('./remote/chat', import.meta.url) }],
});
await server.start();
process.send({ id, serverType: 'chat', port: server.port, url: server.urls[0] });

await askedToStop();
await server.stop();
letEnd();
