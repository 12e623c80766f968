import { createServer } from 'mailstation';

const server = createServer({
  id: 'rooms-1',
  serverType: 'rooms',
  port: Number(process.argv[2] ?? 3333),
  paths: [{ namespace: 'user', path: new URL('./remote/rooms', import.meta.url) }],
});
await server.start();
process.once('SIGTERM', () => void server.stop());
