// The process that serves: prints its port, and stops when its input ends.
import { createServer } from 'mailstation';

const paths = [{ namespace: 'user', path: new URL('./remote/', import.meta.url) }];
const server = createServer({ id: 'math-1', serverType: 'math', port: 0, paths });
await server.start();
console.log(`port ${server.port}`);
process.stdin.on('end', () => server.stop()).resume();
