// server.js
import { createServer } from 'mailstation';

const server = createServer({
  id: 'test-server-1',
  serverType: 'test',
  port: 3333,
  paths: [{ namespace: 'user', path: new URL('./remote/test', import.meta.url) }],
});
await server.start();
