const { join } = require('node:path');
const { createServer } = require('mailstation');

const server = createServer({
  id: 'rooms-1',
  serverType: 'rooms',
  port: Number(process.argv[2] ?? 3333),
  paths: [{ namespace: 'user', path: join(__dirname, 'remote/rooms') }],
});

server.start().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
