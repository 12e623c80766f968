// Two hosts with servers and a client each, which find each other through etcd: a rolling restart, a partition, a lost host. Prints what the
// client on each host saw. `node main.js 2 2`: the number of servers on host A and on host B.
//
// The hosts are network namespaces where this system allows that, and addresses of loopback where not. Needs etcd: that of
// ETCD, or of the PATH.
import { setTimeout as sleep } from 'node:timers/promises';
import { startEtcd } from './etcd.js';
import { Host } from './host.js';
import { enterNetwork } from './network.js';
import { Story } from './story.js';

const [onA = 2, onB = 2] = process.argv.slice(2).map(Number);
/** Time of a server's lease. etcd removes the record of a server that is gone after it. Unit: ms */
const TTL = 5_000;

const network = await enterNetwork();
if (network === undefined) process.exit(); // the namespaces have a process of their own, which has told the story

const started = [];
try {
  console.log(`The hosts are ${network.description}.`);
  const etcd = await startEtcd(network.etcdHost);
  started.push(etcd);
  const [a, b] = await Promise.all(
    ['a', 'b'].map(async (name) => new Host(name, await network.host(name, etcd.port), TTL)),
  );
  started.push(a, b);
  const story = new Story([a, b]);

  await Promise.all([a.startServers(onA), b.startServers(onB)]);
  await Promise.all([a.startClient(), b.startClient()]);
  const all = [...a.ids, ...b.ids];

  await story.tell(`${all.length} servers on two hosts. The clients were given the address of etcd, and no list.`, () =>
    sleep(500),
  );

  await story.tell('A rolling restart: one server after the other stops and starts again.', async () => {
    for (const host of [a, b]) for (const id of host.ids) await host.restart(id);
    await story.untilAnswered(a, all);
    await story.untilAnswered(b, all);
  });
  story.expect(story.failed === 0, 'no call fails in a rolling restart');

  await story.tell(`A partition: host A is cut off from ${network.cutOff}.`, async () => {
    await a.cut();
    await sleep(TTL + 1_500); // the leases of host A are over
    await story.untilRoster(b, b.ids);
  });
  story.expect(story.answeredOn(a) > 0 && story.answeredOn(b) > 0, 'both clients go on in a partition');

  await story.tell('The partition is over: the servers of host A register again.', async () => {
    await a.heal();
    await story.untilRoster(a, all);
    await story.untilRoster(b, all);
    await story.untilAnswered(b, all);
  });

  await story.tell('Host A is lost, with all that runs there.', async () => {
    await a.lose();
    await story.untilRoster(b, b.ids);
  });
  story.expect(story.answeredOn(b) > 0, 'the client on host B goes on');

  await story.tell('Host A is back, with the same servers.', async () => {
    await a.comeBack();
    await story.untilRoster(b, all);
    await story.untilAnswered(a, all);
    await story.untilAnswered(b, all);
  });

  await Promise.all([a.stop(), b.stop()]);
  console.log('All is stopped, and etcd has no record left.');
  story.end();
} finally {
  for (const each of started.reverse()) each.kill();
  network.end();
}
