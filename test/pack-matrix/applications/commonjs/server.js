// The process that serves: prints its port, and stops when its input ends.
const { join } = require('node:path');
const { createServer } = require('mailstation');

const paths = [{ namespace: 'user', path: join(__dirname, 'remote') }];
const server = createServer({ id: 'math-1', serverType: 'math', port: 0, paths });
server.start().then(() => {
  console.log(`port ${server.port}`);
  process.stdin.on('end', () => server.stop()).resume();
});
