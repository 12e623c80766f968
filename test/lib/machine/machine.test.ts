import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { connectionsTo, countsConnections } from '../../support/connections.js';
import { whyNoEtcd } from '../../support/etcd/etcd-binary.js';
import { type EtcdCluster, startEtcd } from '../../support/etcd/etcd-cluster.js';
import { type Json, type SpawnedProcess, spawnProcess } from '../../support/spawn-process.js';
import { until } from '../../support/until.js';
import { engineOn, listed, sleep } from '../registry/etcd/support.js';
import { meetingPath } from './support.js';

const skip = whyNoEtcd() || (countsConnections ? false : 'the system does not tell which process has a connection');
const NAMESPACE = 'machines';
const TTL_MS = 8_000;
/** Longest time until callers see that a lease was not renewed: etcd may be half a second late, and a busy machine later. Unit: ms */
const GONE_MS = 40_000;

interface Member {
  readonly id: string;
  readonly child: SpawnedProcess;
}

/** Processes of one machine. */
class Machine {
  readonly members: Member[] = [];
  readonly #t: TestContext;
  readonly #name: string;
  readonly #path: string;
  readonly #cluster: EtcdCluster;
  #started = 0;

  constructor(t: TestContext, name: string, cluster: EtcdCluster) {
    this.#t = t;
    this.#name = name;
    this.#path = meetingPath(t);
    this.#cluster = cluster;
  }

  start(count: number): Promise<Member[]> {
    return Promise.all(Array.from({ length: count }, () => this.#start()));
  }

  async #start(): Promise<Member> {
    this.#started += 1;
    const id = `${this.#name}-${this.#started}`;
    const args = [this.#cluster.node.url, this.#path, id, `${TTL_MS}`];
    const { child } = await spawnProcess(this.#t, new URL('./fixtures/member.ts', import.meta.url), { args });
    const member = { id, child };
    this.members.push(member);
    return member;
  }

  /** Connections to etcd by process. */
  get connections(): Map<number, number> {
    return connectionsTo(
      this.#cluster.node.port,
      this.members.map(({ child }) => child.pid),
    );
  }

  /** The process that has the connection, when there is just one. */
  leader(): Promise<Member> {
    return until(
      () => {
        const { connections } = this;
        const [pid] = connections.keys();
        const isOne = connections.size === 1 && connections.get(pid ?? 0) === 1;
        return isOne ? this.members.find(({ child }) => child.pid === pid) : undefined;
      },
      { what: 'one connection of one process' },
    );
  }
}

const lists =
  (ids: readonly string[]) =>
  (message: Json): boolean =>
    JSON.stringify((message as { ids?: Json }).ids) === JSON.stringify(ids);
const ofType =
  (...types: string[]) =>
  (message: Json): boolean =>
    types.includes(String((message as { type?: Json }).type));

/** The messages of those types that the process has sent, and the test has not taken. */
async function taken(child: SpawnedProcess, ...types: string[]): Promise<Json[]> {
  const messages: Json[] = [];
  for (;;) {
    const message = await child.next({ match: ofType(...types), timeoutMs: 1 }).catch(() => undefined);
    if (message === undefined) return messages;
    messages.push(message);
  }
}

describe('the processes of a machine', { skip }, () => {
  it('have one connection to etcd for each machine, and see all servers', async (t) => {
    const cluster = await startEtcd(t);
    const machines = ['north', 'south'].map((name) => new Machine(t, name, cluster));
    await Promise.all(machines.map((machine) => machine.start(3)));
    const members = machines.flatMap((machine) => machine.members);
    const ids = members.map(({ id }) => id).sort();
    await Promise.all(members.map(({ child }) => child.next({ match: lists(ids), timeoutMs: 60_000 })));
    for (const machine of machines) {
      await machine.leader();
      assert.deepEqual([...machine.connections.values()], [1]);
    }
  });

  it('keep their leases, and one of them connects, when the process with the connection is killed', async (t) => {
    const cluster = await startEtcd(t);
    const machine = new Machine(t, 'one', cluster);
    const engine = engineOn(t, { hosts: cluster.urls, namespace: NAMESPACE });
    await machine.start(3);
    const killed = await machine.leader();
    const others = machine.members.filter((member) => member !== killed);
    const records = await recordsOf(engine);
    await killed.child.kill();

    const next = await machine.leader();
    assert.ok(others.includes(next));
    const ids = others.map(({ id }) => id).sort();
    await Promise.all(others.map(({ child }) => child.next({ match: lists(ids), timeoutMs: GONE_MS })));
    await sleep(TTL_MS); // as long as a lease that nobody renews
    const after = await recordsOf(engine);
    for (const { id, child } of others) {
      assert.equal(after.get(id), records.get(id), `${id} has the record and the lease that it had`);
      const lines = (await taken(child, 'line')).map((message) => String((message as { line: string }).line));
      assert.deepEqual(
        lines.filter((line) => line.includes('not registered')),
        [],
      );
      assert.deepEqual(await taken(child, 'error'), []);
    }
    assert.equal(after.has(killed.id), false);
  });

  it('lose the record of a process that dies alone, and no other', async (t) => {
    const cluster = await startEtcd(t);
    const machine = new Machine(t, 'one', cluster);
    await machine.start(3);
    const leader = await machine.leader();
    const [dying, staying] = machine.members.filter((member) => member !== leader);
    await dying?.child.kill();
    const ids = [leader.id, staying?.id ?? ''].sort();
    for (const member of [leader, staying]) await member?.child.next({ match: lists(ids), timeoutMs: GONE_MS });
    assert.equal(await machine.leader(), leader);
  });

  it('leave nothing behind when all of them die', async (t) => {
    const cluster = await startEtcd(t);
    const machine = new Machine(t, 'one', cluster);
    const engine = engineOn(t, { hosts: cluster.urls, namespace: NAMESPACE });
    await machine.start(2);
    await Promise.all(machine.members.map(({ child }) => child.kill()));
    await until(async () => (await listed(engine, 'nodes/')).entries.length === 0, {
      what: 'the records to go',
      timeoutMs: GONE_MS,
    });
    assert.deepEqual((await listed(engine, 'elections/')).entries, []);
  });

  it('keep their leases by connections of their own while the process with the connection stands still, and give those up again', async (t) => {
    const cluster = await startEtcd(t);
    const machine = new Machine(t, 'one', cluster);
    const engine = engineOn(t, { hosts: cluster.urls, namespace: NAMESPACE });
    await machine.start(3);
    const frozen = await machine.leader();
    const others = machine.members.filter((member) => member !== frozen);
    const records = await recordsOf(engine);
    frozen.child.kill('SIGSTOP');
    t.after(() => frozen.child.kill('SIGCONT'));
    await until(async () => !(await recordsOf(engine)).has(frozen.id), {
      what: 'the lease to run out',
      timeoutMs: GONE_MS,
    });
    await sleep(TTL_MS);
    const after = await recordsOf(engine);
    for (const { id } of others)
      assert.equal(after.get(id), records.get(id), `${id} has the record and the lease that it had`);
    assert.equal(machine.connections.size, 3);
    frozen.child.kill('SIGCONT');
    await until(() => machine.connections.size === 1, { what: 'one connection', timeoutMs: GONE_MS });
    assert.equal(await machine.leader(), frozen);
  });

  it('elect one Leader, who leads on when another process of the machine had the connection and died', async (t) => {
    const cluster = await startEtcd(t);
    const [one, other] = [new Machine(t, 'one', cluster), new Machine(t, 'other', cluster)];
    const [connected] = await one.start(1);
    assert.ok(connected);
    await connected.child.next({ match: ofType('elected'), timeoutMs: 30_000 });
    const [follower] = await one.start(1);
    const [remote] = await other.start(1);
    assert.ok(follower && remote);
    const killedAt = performance.now();
    await connected.child.kill();
    const elected = await Promise.race(
      [follower, remote].map(async (member) => {
        await member.child.next({ match: ofType('elected'), timeoutMs: GONE_MS });
        return member;
      }),
    );
    assert.ok(performance.now() - killedAt > 1_000, 'not before the lease of the dead one was over');
    assert.equal(elected, follower, 'the one that stood in line first, whose place has survived');
    assert.deepEqual(await taken(remote.child, 'elected'), []);
  });

  it('hand the connection over when the process that has it leaves in order', async (t) => {
    const cluster = await startEtcd(t);
    const machine = new Machine(t, 'one', cluster);
    await machine.start(2);
    const leader = await machine.leader();
    const [other] = machine.members.filter((member) => member !== leader);
    leader.child.send('leave');
    await leader.child.next({ match: ofType('left'), timeoutMs: 30_000 });
    await other?.child.next({ match: lists([other.id]), timeoutMs: GONE_MS });
    await leader.child.kill();
    assert.equal(await machine.leader(), other);
  });
});

/** Record and lease of each server, as one text. */
async function recordsOf(engine: Parameters<typeof listed>[0]): Promise<Map<string, string>> {
  const { entries } = await listed(engine, 'nodes/');
  return new Map(entries.map(({ key, created, lease }) => [key.split('/').at(-1) ?? '', `${created} ${lease}`]));
}
