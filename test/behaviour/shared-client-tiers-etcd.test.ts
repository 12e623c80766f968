import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { etcd } from '../../etcd.js';
import { cluster } from '../../lib/cluster/cluster.js';
import { RpcCode } from '../../lib/errors.js';
import { meetingPath } from '../lib/machine/support.js';
import { connectionsTo, countsConnections } from '../support/connections.js';
import { whyNoEtcd } from '../support/etcd/etcd-binary.js';
import { type EtcdCluster, startEtcd } from '../support/etcd/etcd-cluster.js';
import { type Json, type SpawnedProcess, spawnProcess } from '../support/spawn-process.js';
import { until } from '../support/until.js';
import { keptLog } from './support.js';

const skip = whyNoEtcd() || (countsConnections ? false : 'the system does not tell which process has a connection');
const LATE = { timeoutMs: 60_000 };

interface Failed {
  readonly code: string;
  readonly delivery: string | null;
  readonly message: string;
}

/** A process of the shared client, as its test calls it. */
class Member {
  readonly name: string;
  readonly child: SpawnedProcess;
  #last = 0;

  constructor(name: string, child: SpawnedProcess) {
    this.name = name;
    this.child = child;
  }

  /** Result of a call, or how it failed. */
  async call(method: string, ...args: Json[]): Promise<{ result?: Json; failed?: Failed }> {
    this.#last += 1;
    const id = this.#last;
    this.child.send([id, method, ...args]);
    return (await this.child.next({ match: (message) => (message as { id?: Json }).id === id, ...LATE })) as object;
  }

  async result(method: string, ...args: Json[]): Promise<Json | undefined> {
    const { result, failed } = await this.call(method, ...args);
    assert.equal(failed, undefined, `${method} of ${this.name} failed: ${failed?.message}`);
    return result;
  }

  /** The next value of a key. */
  async value(key: string): Promise<Json | undefined> {
    const message = await this.child.next({ match: (sent) => (sent as { key?: Json }).key === key, ...LATE });
    return (message as { value?: Json }).value;
  }
}

/** Machines with an address and a place each, and one etcd. */
class Machines {
  readonly members: Member[] = [];
  readonly #t: TestContext;
  readonly #cluster: EtcdCluster;
  readonly #paths = new Map<string, string>();
  #url: string | undefined;

  constructor(t: TestContext, started: EtcdCluster) {
    this.#t = t;
    this.#cluster = started;
    const election = etcd({ hosts: started.urls, namespace: 'tiers' }).election('config', { ttl: 3_000 });
    const observation = election.observe({
      onLeader: (leader) => {
        this.#url = leader?.url;
      },
      onObstacle: () => {},
    });
    t.after(() => observation.close());
  }

  path(machine: string): string {
    const path = this.#paths.get(machine) ?? meetingPath(this.#t);
    this.#paths.set(machine, path);
    return path;
  }

  /** Starts the process `b2`, the second one of the machine `b`. */
  async start(name: string, maxWaitTime = 30_000): Promise<Member> {
    const machine = name.slice(0, 1);
    const host = `127.0.0.${2 + machine.charCodeAt(0) - 'a'.charCodeAt(0)}`;
    const args = [`${this.#cluster.node.port}`, host, name, this.path(machine), `${maxWaitTime}`];
    const { child } = await spawnProcess(this.#t, new URL('./fixtures/shared-client-tier.ts', import.meta.url), {
      args,
    });
    const member = new Member(name, child);
    this.members.push(member);
    return member;
  }

  /** Names of the processes with a connection to the Leader, with the number of their connections, as the system counts them. */
  connections(): Record<string, number> {
    const port = Number(new URL(this.#url ?? '').port);
    const pids = this.members.filter(({ child }) => child.isRunning).map(({ child }) => child.pid);
    const counts = connectionsTo(port, pids);
    const named = this.members.map(({ name, child }) => [name, counts.get(child.pid ?? 0) ?? 0] as const);
    return Object.fromEntries(named.filter(([, count]) => count > 0));
  }
}

/** Two machines with two processes each. The process a1 has the real client, and b1 the connection of its machine. */
async function twoMachines(t: TestContext) {
  const machines = new Machines(t, await startEtcd(t));
  const started: Member[] = [];
  for (const name of ['a1', 'a2', 'b1', 'b2']) {
    const member = await machines.start(name);
    assert.equal(await member.result('who'), 'a1');
    started.push(member);
  }
  const [a1, a2, b1, b2] = started as [Member, Member, Member, Member];
  return { machines, a1, a2, b1, b2 };
}

describe('a shared client of two machines with two processes each, with etcd', { skip }, () => {
  it('has one connection between the machines, and loses no call when the real client goes to the other one', async (t) => {
    const { machines, a1, a2, b1, b2 } = await twoMachines(t);
    assert.deepEqual(machines.connections(), { b1: 1 });
    assert.equal(await b2.result('pause', 1), 'b2');
    assert.equal(await b2.result('count', 1_000), 500_500);
    await b2.result('subscribe', 'color');
    await b2.result('who');
    for (let value = 0; value < 100; value++) await a2.result('publish', 'color', value);
    for (let value = 0; value < 100; value++) assert.equal(await b2.value('color'), value);
    assert.deepEqual(machines.connections(), { b1: 1 });
    const loads = [b1.result('load', 'a1'), b2.result('load', 'a1')];
    for (const each of [b1, b2]) assert.equal(await each.value('load'), 'a1');
    await a1.result('close');
    for (const answers of await Promise.all(loads)) assert.deepEqual(answers, ['a1', 'b1']);
  });

  it('goes on after kill -9 of the process with the connection, and of the one with the real client', async (t) => {
    const { machines, a1, a2, b1, b2 } = await twoMachines(t);
    await b2.result('subscribe', 'color');
    const inFlight = b2.call('pause', 15_000);
    assert.equal(await b2.result('who'), 'a1'); // answered behind it
    await b1.child.kill('SIGKILL');
    const { failed } = await inFlight;
    assert.deepEqual([failed?.code, failed?.delivery], [RpcCode.ConnectionLost, 'unknown']);
    assert.match(failed?.message ?? '', /the process that relayed the call is gone/);
    assert.equal(await b2.result('who'), 'a1');
    await a2.result('publish', 'color', 'red');
    assert.equal(await b2.value('color'), 'red');
    assert.deepEqual(machines.connections(), { b2: 1 });
    await a1.child.kill('SIGKILL');
    const next = await until(async () => (await b2.call('who')).result, { what: 'the next Leader', ...LATE });
    assert.equal(await a2.result('who'), next);
    await a2.result('publish', 'color', 'red');
    assert.equal(await b2.value('color'), 'red');
    assert.deepEqual(Object.values(machines.connections()), [1]);
  });

  it('waits while the process with the connection stands still, and goes on after that', async (t) => {
    const { b1, b2 } = await twoMachines(t);
    void b1.child.kill('SIGSTOP');
    const { failed } = await b2.call('who');
    assert.ok(failed?.code === RpcCode.Timeout || failed?.code === RpcCode.ConnectionLost, failed?.code);
    assert.equal(failed.delivery, 'unknown');
    void b1.child.kill('SIGCONT');
    assert.equal(await until(async () => (await b2.call('who')).result, { what: 'an answer', ...LATE }), 'a1');
  });

  it('is never followed by mistake at the place of a process that shares a real client of its machine alone', async (t) => {
    const machines = new Machines(t, await startEtcd(t));
    const { logger } = keptLog();
    class Config {
      async who(): Promise<string> {
        return 'alone';
      }
    }
    const alone = cluster(Config, { path: machines.path('a'), logger }).create();
    t.after(() => cluster.close(alone));
    await alone.ready();
    const a1 = await machines.start('a1', 1_500);
    const { failed } = await a1.call('who');
    assert.deepEqual([failed?.code, failed?.delivery], [RpcCode.Timeout, 'not-sent']);
    assert.match(failed?.message ?? '', /leads "Config"/);
    await cluster.close(alone);
    assert.equal(await until(async () => (await a1.call('who')).result, { what: 'an answer', ...LATE }), 'a1');
  });
});
