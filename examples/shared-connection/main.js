// node main.js [workers]: workers that use a registry through one connection, and the death of the one that has it.
import cluster from 'node:cluster';
import { once } from 'node:events';
import net from 'node:net';
import { fileURLToPath } from 'node:url';
import { startRegistry } from './registry-server.js';
import { connectionsTo } from './sockets.js';

const count = Number(process.argv[2] ?? 4);
const LIMIT_MS = 30_000;

const registry = await startRegistry();
const registryPort = registry.address().port;
const env = { REGISTRY_PORT: String(registryPort), CLUSTER_PORT: String(await freePort()) };

cluster.setupPrimary({ exec: fileURLToPath(new URL('./worker.js', import.meta.url)), args: [] });
const workers = Array.from({ length: count }, () => cluster.fork(env));
const known = new Map(); // worker -> the addresses that it was told last
cluster.on('message', (worker, { addresses }) => known.set(worker, addresses));
const tooLate = setTimeout(() => giveUp(`not done after ${LIMIT_MS} ms`), LIMIT_MS);

console.log('A registry, and %d workers that use it', workers.length);
await allKnowEachOther(workers);
const leader = await report(workers);

console.log('\nThe Leader, worker %d, is killed (SIGKILL)', leader.id);
const killedAt = performance.now();
leader.process.kill('SIGKILL');
const others = workers.filter((worker) => worker !== leader);
await allKnowEachOther(others);
console.log('  %d ms later:', Math.ceil(performance.now() - killedAt));
await report(others);

for (const worker of others) worker.send('stop');
await Promise.all(others.map((worker) => once(worker, 'exit')));
registry.close();
clearTimeout(tooLate);
console.log('\nEverything held.');

/** Resolves when each of the workers was told the addresses of all of them, and of nobody else. */
async function allKnowEachOther(group) {
  const expected = group.map((worker) => `10.0.0.${worker.id}:7001`).sort();
  while (group.some((worker) => known.get(worker)?.join() !== expected.join())) await once(cluster, 'message');
}

/** Tells who leads, and who has a connection to the registry. Returns the worker that leads. */
async function report(group) {
  const reports = await Promise.all(group.map(ask));
  const pids = group.map((worker) => worker.process.pid);
  const connections = connectionsTo(registryPort, pids);
  for (const [at, worker] of group.entries()) {
    const role = reports[at].leads ? 'leads' : 'follows';
    console.log('  worker %d  process %d  %s  %s', worker.id, pids[at], role.padEnd(7), told(connections?.[at]));
  }
  const total = connections?.reduce((sum, each) => sum + each, 0);
  console.log('  together, by the list of the system: %s to the registry', told(total));
  console.log('  orders are at %s', reports[0].addresses.join(', '));

  const leaders = group.filter((_, at) => reports[at].leads);
  if (leaders.length !== 1) giveUp(`${leaders.length} workers lead`);
  if ((total ?? 1) !== 1) giveUp(`${total} connections where one is enough`);
  return leaders[0];
}

function told(connections) {
  if (connections === undefined) return 'connections unknown (this system has no /proc/net/tcp)';
  return connections === 1 ? '1 connection' : `${connections} connections`;
}

function ask(worker) {
  worker.send('report');
  return new Promise((resolve) => {
    const listener = (message) => {
      if (!('leads' in message)) return;
      worker.off('message', listener);
      resolve(message);
    };
    worker.on('message', listener);
  });
}

async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}

function giveUp(why) {
  console.error('It did not hold: %s', why);
  for (const worker of workers) worker.process.kill('SIGKILL');
  process.exit(1);
}
