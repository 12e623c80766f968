import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { etcd } from '../../etcd.js';
import { cluster } from '../../lib/cluster/cluster.js';
import { whyNoEtcd } from '../support/etcd/etcd-binary.js';
import { startEtcd } from '../support/etcd/etcd-cluster.js';
import { LinkProxy } from '../support/link-proxy.js';
import { type Json, type SpawnedProcess, spawnProcess } from '../support/spawn-process.js';
import { until } from '../support/until.js';
import { keptLog } from './support.js';

const TTL = 3_000;
const LATE = { timeoutMs: 60_000 };

interface Answer {
  readonly name: string;
  readonly revision: number | undefined;
}

class Config {
  async who(): Promise<Answer> {
    throw new Error('this process never has the real client');
  }
}

interface Member {
  readonly child: SpawnedProcess;
  readonly proxy: LinkProxy;
  readonly name: string;
}

/** A process on an address of its own, whose way to etcd leads through a proxy. */
async function join(t: TestContext, etcdPort: number, host: string): Promise<Member> {
  const proxy = await LinkProxy.start(t, etcdPort);
  const name = `on ${host}`;
  const { child } = await spawnProcess(t, new URL('./fixtures/shared-client-machine.ts', import.meta.url), {
    args: [`${proxy.port}`, host, name, `${TTL}`],
  });
  return { child, proxy, name };
}

async function machines(t: TestContext) {
  const { node, urls: hosts } = await startEtcd(t);
  const first = await join(t, node.port, '127.0.0.2');
  const second = await join(t, node.port, '127.0.0.3');
  const { logger } = keptLog();
  const election = etcd({ hosts, namespace: 'shared' }).election('config', { ttl: TTL });
  const caller = cluster(Config, { election, isLeader: false, logger }).create();
  t.after(() => caller.close());
  caller.on('error', () => {});
  const before = await caller.who();
  assert.equal(before.name, first.name);
  const answeredBy = (name: string): Promise<Answer> =>
    until(
      async () => {
        const answer = await caller.who().catch(() => undefined);
        return answer?.name === name ? answer : undefined;
      },
      { what: `an answer of the process ${name}`, ...LATE },
    );
  return { first, second, before, answeredBy };
}

/** Time of the next event of the kind. Unit: ms */
async function eventOf({ child }: Member, event: string): Promise<number> {
  const is = (message: Json): boolean => (message as { event?: Json }).event === event;
  return ((await child.next({ match: is, ...LATE })) as { at: number }).at;
}

describe('a shared client of processes on several addresses, with etcd', { skip: whyNoEtcd() }, () => {
  it('goes on with another process after kill -9 of the one that leads', async (t) => {
    const { first, before, second, answeredBy } = await machines(t);
    await first.child.kill('SIGKILL');
    const { revision = 0 } = await answeredBy(second.name);
    assert.ok(revision > (before.revision ?? 0));
  });

  it('goes on while the one that leads is stopped, which closes its real client when it wakes, and follows', async (t) => {
    const { first, second, answeredBy } = await machines(t);
    await eventOf(first, 'made');
    void first.child.kill('SIGSTOP');
    await answeredBy(second.name);
    void first.child.kill('SIGCONT');
    await eventOf(first, 'closed');
    await eventOf(first, 'follows');
    first.child.send('who');
    const { by } = (await first.child.next({ match: (message) => (message as { type?: Json }).type === 'who' })) as {
      by: string;
    };
    assert.equal(by, second.name);
  });

  it('closes the real client of a process that is cut off from etcd before the next one is made', async (t) => {
    const { first, second, answeredBy } = await machines(t);
    await eventOf(first, 'made');
    first.proxy.set('cut');
    await answeredBy(second.name);
    const [closed, made] = [await eventOf(first, 'closed'), await eventOf(second, 'made')];
    assert.ok(closed < made, `closed at ${closed}, and the next one made at ${made}`);
    first.proxy.set('open');
    await eventOf(first, 'follows');
  });

  it('is handed over by a process that closes', async (t) => {
    const { first, second, answeredBy } = await machines(t);
    first.child.send('close');
    await answeredBy(second.name);
    assert.deepEqual(await first.child.exited, { code: 0, signal: null });
  });
});
