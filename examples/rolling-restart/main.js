// Three servers are replaced by new versions, one after the other, while a client calls them without a pause.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createClient } from 'mailstation';

const CALLERS = 20;
const file = fileURLToPath(new URL('./server.js', import.meta.url));

async function startServer(id, version) {
  const child = fork(file, [id, version]);
  const [info] = await once(child, 'message');
  return { child, info };
}

const servers = await Promise.all(['shop-1', 'shop-2', 'shop-3'].map((id) => startServer(id, 'old')));
const client = createClient();
client.addProxies([{ namespace: 'user', serverType: 'shop' }]);
client.addServers(servers.map(({ info }) => info));
await client.start();
const { orders, about } = client.proxies.user.shop;

const tally = { answered: 0, failed: 0 };
let isOver = false;

async function callWithoutPause() {
  while (!isOver) {
    const number = Math.random();
    try {
      if ((await orders.place(null, number)) !== number) throw new Error('the answer belongs to another call');
      tally.answered += 1;
    } catch (error) {
      tally.failed += 1;
      console.error(error);
    }
  }
}

const callers = Array.from({ length: CALLERS }, callWithoutPause);
for (const { child, info } of servers) {
  child.kill('SIGTERM');
  await once(child, 'exit');
  const { child: replacement, info: place } = await startServer(info.id, 'new');
  client.addServer(place); // the same id at another port
  console.log(`${info.id} is the version ${await about.version.toServer(info.id)}`);
  servers[servers.findIndex((server) => server.child === child)].child = replacement;
}
isOver = true;
await Promise.all(callers);
console.log(`calls answered: ${tally.answered}, failed: ${tally.failed}`);

await client.stop();
for (const { child } of servers) {
  child.kill('SIGTERM');
  await once(child, 'exit');
}
process.exitCode = tally.failed > 0 || tally.answered === 0 ? 1 : 0;
