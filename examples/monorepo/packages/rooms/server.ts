import { createServer } from 'mailstation';

const server = createServer({
  id: 'rooms-1',
  serverType: 'rooms',
  port: Number(process.env.ROOMS_PORT ?? 3333),
  paths: [{ namespace: 'user', path: new URL('./remote', import.meta.url) }],
});
await server.start();
