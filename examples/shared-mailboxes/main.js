// n workers call m servers: first each with connections of its own, then with shared mailboxes, of which the worker that
// leads is killed. `node main.js 4 3 7777`: workers, servers, the port that is shared.
import { fork } from 'node:child_process';
import cluster from 'node:cluster';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { connectionsTo } from './sockets.js';

const [n = 4, m = 3, sharePort = 7777] = process.argv.slice(2).map(Number);
const file = (name) => fileURLToPath(new URL(name, import.meta.url));

/** The first message of a process that has this in it. */
function told(child, what, value) {
  return new Promise((resolve, reject) => {
    const onMessage = (message) => {
      if (!(what in message) || (value !== undefined && message[what] !== value)) return;
      child.removeListener('message', onMessage);
      resolve(message[what]);
    };
    child.on('message', onMessage);
    child.once('exit', () => reject(new Error(`a process ended before it told its ${what}`)));
  });
}

async function startServer(index) {
  const id = `shop-${index + 1}`;
  const child = fork(file('./server.js'), [id]);
  return { child, info: { id, serverType: 'shop', port: await told(child, 'port') } };
}

function startWorkers(env) {
  return Array.from({ length: n }, () => cluster.fork({ SERVERS: JSON.stringify(roster), ...env }));
}

async function stopWorkers(workers) {
  const tallies = await Promise.all(
    workers.map(async (worker) => {
      worker.send('stop');
      return told(worker, 'tally');
    }),
  );
  const total = { made: 0, answered: 0, lost: 0 };
  for (const tally of tallies) for (const key of Object.keys(total)) total[key] += tally[key];
  return total;
}

/** Prints what the system's list has, when it has what is expected of it: a connection may be a moment late. */
async function count(what, expected) {
  const ports = roster.map(({ port }) => port);
  const read = () => [connectionsTo(ports), connectionsTo([sharePort])];
  let [servers, shared] = read();
  if (servers === undefined) {
    console.log(`${what}: this system has neither /proc/net/tcp nor ss to count by; it should be ${expected}`);
    return;
  }
  for (let tries = 0; tries < 100 && servers + shared !== expected; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    [servers, shared] = read();
  }
  const parts = shared === 0 ? '' : `: ${servers} to servers, ${shared} between workers`;
  console.log(`${what}: ${servers + shared} connections${parts}`);
}

cluster.setupPrimary({ exec: file('./worker.js') });
const servers = await Promise.all(Array.from({ length: m }, (_, index) => startServer(index)));
const roster = servers.map(({ info }) => info);
console.log(`${n} workers, ${m} servers`);

const separate = startWorkers({});
await Promise.all(separate.map((worker) => told(worker, 'connected')));
await count('each with mailboxes of its own', n * m);
await stopWorkers(separate);

const sharing = startWorkers({ SHARE: String(sharePort) });
const leading = (workers) => Promise.any(workers.map((worker) => told(worker, 'share', 'leading').then(() => worker)));
const firstLeads = leading(sharing);
await Promise.all(sharing.map((worker) => told(worker, 'connected')));
await count('with shared mailboxes', n - 1 + m);

const first = await firstLeads;
const others = sharing.filter((worker) => worker !== first);
const secondLeads = leading(others);
const killedAt = performance.now();
first.process.kill('SIGKILL');
await secondLeads;
const ms = Math.round(performance.now() - killedAt);
console.log(`the worker that led was killed; ${ms} ms later another leads`);
await count('and then', n - 2 + m);

const { made, answered, lost } = await stopWorkers(others);
console.log(`${made} calls of the others: ${answered} answered, ${lost} lost in flight, 0 forgotten`);
if (made !== answered + lost) throw new Error(`${made - answered - lost} calls have neither result nor error`);

for (const { child } of servers) {
  child.disconnect();
  await once(child, 'exit');
}
