/** One server in a process of its own: `server-process.ts <id> <serverType> <port>`, started by servers.ts. */
import { createServer } from 'mailstation';
import type { Context } from './context.js';

const [id = '', serverType = '', port = '0'] = process.argv.slice(2);
const context: Context = { serverId: id };

const server = createServer({
  id,
  serverType,
  port: Number(port),
  paths: [
    {
      namespace: 'user',
      path: new URL(`./remote/${serverType}`, import.meta.url),
      callbacks: serverType === 'test', // as its modules are written
    },
  ],
  context,
  expectedErrors: ['EMPTY_MESSAGE'], // the demo provokes that one: no stack in the log
  logger: { ...console, info: () => {} }, // the parent says where it listens
});

// Without its parent it has nothing to do.
const orphaned = () => process.exit(1);
process.on('disconnect', orphaned);
process.once('message', async () => {
  await server.stop();
  process.off('disconnect', orphaned);
  process.disconnect(); // and the process ends, if the server has left nothing open
});

await server.start();
if (!process.connected) orphaned(); // while this file was being loaded
process.send?.({ port: server.port });
