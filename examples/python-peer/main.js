// A Python program calls a server of mailstation, and a client of mailstation calls a server in Python.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createClient, createServer } from 'mailstation';

function python(file, ...args) {
  const path = fileURLToPath(new URL(file, import.meta.url));
  return spawn('python3', [path, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
}

const rooms = {
  greet: (name) => `good day, ${name} – 良い一日を`,
  add: (a, b) => a + b,
  close: (name) => {
    throw Object.assign(new RangeError(`${name} is still in the room`), { code: 'E_IN_USE' });
  },
};
const server = createServer({ id: 'rooms-1', serverType: 'rooms', port: 0, services: { user: { rooms } } });
await server.start();

const caller = python('./caller.py', '127.0.0.1', String(server.port));
caller.stdout.pipe(process.stdout);
const [code] = await once(caller, 'close');
await server.stop();

const pythonServer = python('./server.py');
const [port] = await once(createInterface(pythonServer.stdout), 'line');
const client = createClient();
client.addProxy({ namespace: 'user', serverType: 'python' });
client.addServer({ id: 'python-1', serverType: 'python', port: Number(port) });
await client.start();

const { text } = client.proxies.user.python;
console.log('a client of mailstation calls reverse:', await text.reverse(null, 'station'));
await text.reverse.oneway(null, 'no answer is wanted');
for (const [name, ...args] of [['divide', 1, 0], ['burn']]) {
  const error = await text[name](null, ...args).catch((reason) => reason);
  console.log(`a client of mailstation calls ${name}: ${error.code}, ${error.cause?.message ?? error.message}`);
}
await client.stop();
pythonServer.stdin.end();
await once(pythonServer, 'close');
process.exitCode = code;
