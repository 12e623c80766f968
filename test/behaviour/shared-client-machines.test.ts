import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { callContext } from '../../lib/call-context.js';
import { cluster } from '../../lib/cluster/cluster.js';
import type { ClusterOptions } from '../../lib/cluster/options.js';
import { RpcCode, type RpcError } from '../../lib/errors.js';
import { type Clock, systemClock } from '../../lib/registry/clock.js';
import { MemoryStore } from '../../lib/registry/memory/memory-store.js';
import { isEarlier, type Term } from '../../lib/term.js';
import { type Machine, machineOn } from '../lib/registry/on-memory.js';
import { tlsOf, withoutOpenssl } from '../support/certificates.js';
import { expectNoLeaks } from '../support/leaks.js';
import { until } from '../support/until.js';
import { failure, keptLog, makeGate, unusedPort } from './support.js';

/** Time of the elections: the shortest one. Unit: ms */
const TTL = 3_000;

type Listener = (value: unknown) => void;

/** The history of all real clients of a test: `a made`, `a closed`. */
type History = string[];

interface Member {
  readonly machine: Machine;
  readonly client: InstanceType<ReturnType<typeof realClient>> & {
    readonly isClusterClientLeader: boolean | undefined;
    close(): Promise<void>;
    ready(): Promise<void>;
    on(event: string, listener: (error: Error) => void): unknown;
  };
  readonly errors: Error[];
  readonly lines: string[];
}

/** A class of real clients. `answer` is what `wait` returns. */
function realClient(name: string, history: History, answer: () => unknown) {
  return class Config {
    readonly #listeners = new Map<string, Set<Listener>>();
    constructor() {
      history.push(`${name} made`);
    }
    async who(): Promise<string> {
      return name;
    }
    async term(): Promise<Term | undefined> {
      return callContext()?.term;
    }
    async wait(): Promise<unknown> {
      return answer();
    }
    subscribe({ key }: { key: string }, listener: Listener): void {
      this.#listeners.set(key, (this.#listeners.get(key) ?? new Set()).add(listener));
    }
    publish({ key, value }: { key: string; value: unknown }): void {
      for (const listener of this.#listeners.get(key) ?? []) listener(value);
    }
    async close(): Promise<void> {
      history.push(`${name} closed`);
    }
  };
}

/** A process of the shared client `Config`, with a registry of its own on the store. */
function member(
  t: TestContext,
  store: MemoryStore,
  history: History,
  name: string,
  { clock, answer = () => name, ...options }: ClusterOptions & { clock?: Clock; answer?: () => unknown } = {},
): Member {
  const machine = machineOn(store, { ttl: 60_000, ...(clock && { clock }) });
  const { logger, lines } = keptLog();
  const election = machine.registry.election('config', { ttl: TTL });
  const client = cluster(realClient(name, history, answer), { election, logger, ...options }).create();
  t.after(() => cluster.close(client).catch(() => {}));
  const errors: Error[] = [];
  client.on('error', (error) => void errors.push(error as Error));
  return { machine, client: client as unknown as Member['client'], errors, lines };
}

async function pair(t: TestContext) {
  const [store, history]: [MemoryStore, History] = [new MemoryStore(), []];
  const first = member(t, store, history, 'first');
  await first.client.ready();
  const second = member(t, store, history, 'second');
  await second.client.ready();
  return { store, history, first, second };
}

const leads = ({ client }: Member): boolean => client.isClusterClientLeader === true;

describe('a shared client with the election of a registry', () => {
  it('has one real client over all machines, for calls, subscriptions and published values', async (t) => {
    expectNoLeaks(t);
    const { store, history, first, second } = await pair(t);
    assert.deepEqual([leads(first), second.client.isClusterClientLeader, history], [true, false, ['first made']]);
    assert.deepEqual([await first.client.who(), await second.client.who()], ['first', 'first']);
    const [own, other] = [await first.client.term(), await second.client.term()];
    assert.equal(own?.store, store.id);
    assert.deepEqual(own, other);
    const values: unknown[] = [];
    first.client.subscribe({ key: 'color' }, (value) => void values.push(['first', value]));
    second.client.subscribe({ key: 'color' }, (value) => void values.push(['second', value]));
    await second.client.who(); // the subscription has arrived
    second.client.publish({ key: 'color', value: 'red' });
    await until(() => values.length === 2, { what: 'the value in both processes' });
    await second.client.close();
    await first.client.close();
    assert.deepEqual(history, ['first made', 'first closed']);
    assert.deepEqual(store.list('').entries, []);
  });

  it('is handed over within milliseconds by a process that closes, and no two real clients are ever open', async (t) => {
    const { history, first, second } = await pair(t);
    const before = await second.client.term();
    const values: unknown[] = [];
    second.client.subscribe({ key: 'color' }, (value) => void values.push(value));
    const startedAt = performance.now();
    await first.client.close();
    assert.equal(await second.client.who(), 'second');
    const ms = performance.now() - startedAt;
    assert.ok(ms < 1_500, `the next Leader answered after ${ms} ms`);
    assert.deepEqual(history, ['first made', 'first closed', 'second made']);
    assert.ok(isEarlier(before as Term, (await second.client.term()) as Term));
    second.client.publish({ key: 'color', value: 'red' });
    await until(() => values.includes('red'), { what: 'the value of the subscription' });
    assert.deepEqual([...first.errors, ...second.errors], []);
  });

  for (const link of ['cut', 'swallowed'] as const) {
    it(`closes the real client of a Leader whose link is ${link} before the next one is made, and that process follows`, async (t) => {
      const { history, first, second } = await pair(t);
      const third = member(t, new MemoryStore(), [], 'another store'); // nothing of it is seen
      await third.client.ready();
      first.machine.engine().link = link;
      await until(() => leads(second), { what: 'the next Leader' });
      assert.deepEqual(history, ['first made', 'first closed', 'second made']);
      assert.equal(await second.client.who(), 'second');
      first.machine.engine().link = 'open';
      assert.equal(await first.client.who(), 'second');
      await second.client.close();
      assert.equal(await first.client.who(), 'first');
      assert.equal(history.at(-1), 'first made');
    });
  }

  it('is led by another machine after the Leader died, and calls wait for that', async (t) => {
    const { first, second } = await pair(t);
    await first.machine.engine().close(); // as kill -9: nothing is said to the registry
    await until(() => leads(second), { what: 'the next Leader' });
    assert.equal(await second.client.who(), 'second');
  });

  for (const [what, part] of [
    ['was stopped for longer than its lease', 'now'],
    ['was suspended with its machine', 'uptime'],
  ] as const) {
    it(`refuses the first call after the process ${what}, in that process and from others`, async (t) => {
      const [store, history]: [MemoryStore, History] = [new MemoryStore(), []];
      let ahead = 0;
      const clock: Clock = { ...systemClock, [part]: () => systemClock[part]() + ahead };
      const first = member(t, store, history, 'first', { clock });
      await first.client.ready();
      const second = member(t, store, history, 'second', { isLeader: false });
      await second.client.ready();
      const refused = failure(second.client.who());
      ahead = TTL; // the call is on its way, and no code of the election has run
      assert.equal(first.client.isClusterClientLeader, false);
      const own = failure(first.client.who());
      for (const error of [await own, await refused]) {
        assert.equal(error.code, RpcCode.StaleLeader);
        assert.match(error.message, /this process leads "Config" no more: its lease in the registry is over/);
      }
      await until(async () => (await second.client.who().catch(() => '')) === 'first', { what: 'the next term' });
      assert.deepEqual(history, ['first made', 'first closed', 'first made']);
    });
  }

  it('gives running calls half a second when the Leader is deposed, and no value of the old real client comes after that', async (t) => {
    const [store, history]: [MemoryStore, History] = [new MemoryStore(), []];
    const gate = makeGate();
    const first = member(t, store, history, 'first', { answer: () => gate.pass('answered') });
    await first.client.ready();
    const second = member(t, store, history, 'second');
    await second.client.ready();
    const running = second.client.wait();
    await gate.arrivals(1);
    first.machine.engine().link = 'cut';
    await until(() => first.client.isClusterClientLeader !== true, { what: 'the deposition' });
    gate.open();
    assert.equal(await running, 'answered');
    await until(() => leads(second), { what: 'the next Leader' });
    assert.deepEqual(history, ['first made', 'first closed', 'second made']);
  });

  it('is never led by a process with isLeader: false', async (t) => {
    const [store, history]: [MemoryStore, History] = [new MemoryStore(), []];
    const follower = member(t, store, history, 'follower', { isLeader: false });
    const waiting = follower.client.who();
    await until(() => follower.machine.opened.length > 0, { what: 'the observation' });
    assert.deepEqual(store.list('elections/').entries, []);
    const leader = member(t, store, history, 'leader');
    assert.equal(await waiting, 'leader');
    assert.equal(leads(leader), true);
  });

  it('goes to another process where the elected one cannot listen, and says so', async (t) => {
    const [store, history]: [MemoryStore, History] = [new MemoryStore(), []];
    const port = await unusedPort(t);
    const other = member(t, new MemoryStore(), [], 'other', { port });
    await other.client.ready();
    const first = member(t, store, history, 'first', { port });
    await until(() => first.lines.some((line) => line.includes('was elected and cannot listen')), { what: 'the line' });
    const second = member(t, store, history, 'second');
    await second.client.ready();
    assert.deepEqual([await first.client.who(), history], ['second', ['second made']]);
  });

  it('admits processes with the secret alone, wherever they find its address', async (t) => {
    const [store, history]: [MemoryStore, History] = [new MemoryStore(), []];
    const secret = 'a secret of some length';
    const first = member(t, store, history, 'first', { secret });
    await first.client.ready();
    const second = member(t, store, history, 'second', { secret, isLeader: false });
    assert.equal(await second.client.who(), 'first');
    const stranger = member(t, store, history, 'stranger', { isLeader: false, maxWaitTime: 1_000 });
    const error = (await failure(stranger.client.ready())) as RpcError;
    assert.match(
      error.message,
      /leader of "Config" does not be active in 1000ms in the election config in the registry/,
    );
  });

  it('says what is in the way where the registry does not answer', async (t) => {
    const store = new MemoryStore();
    const first = member(t, store, [], 'first', { connectTimeout: 200, maxWaitTime: 1_000 });
    await until(() => first.machine.opened.length > 0, { what: 'the engine' });
    first.machine.engine().link = 'cut';
    const error = await failure(first.client.who());
    assert.match(
      error.message,
      /no process had led Config in the election config in the registry of the test after 1000 ms/,
    );
    assert.match(error.message, /no Leader has announced its place in the election config/);
  });
});

describe('a shared client with an election and TLS', { skip: withoutOpenssl }, () => {
  it('is led and followed over TLS, and a process without TLS does not connect', async (t) => {
    const [store, history]: [MemoryStore, History] = [new MemoryStore(), []];
    const tls = tlsOf('member');
    const first = member(t, store, history, 'first', { tls });
    await first.client.ready();
    const second = member(t, store, history, 'second', { tls });
    assert.equal(await second.client.who(), 'first');
    const candidates = store.list('elections/').entries.map(({ value }) => value);
    assert.match(candidates.join(), /"url":"tls:\/\/127\.0\.0\.1:\d+"/);
    const plain = member(t, store, history, 'plain', { isLeader: false, maxWaitTime: 1_000 });
    assert.match(
      (await failure(plain.client.ready())).message,
      /the Leader of Config is at tls:.*, and this process speaks tcp: give all processes the same option tls/,
    );
  });

  it('does not follow a Leader without TLS', async (t) => {
    const [store, history]: [MemoryStore, History] = [new MemoryStore(), []];
    const plain = member(t, store, history, 'plain');
    await plain.client.ready();
    const second = member(t, store, history, 'second', { tls: tlsOf('member'), isLeader: false, maxWaitTime: 1_000 });
    assert.match((await failure(second.client.ready())).message, /is at tcp:.*, and this process speaks tls/);
  });
});

describe('the option election of cluster()', () => {
  it('is refused with an address beyond loopback that nothing protects', () => {
    const { registry } = machineOn(new MemoryStore());
    const make = (options: ClusterOptions) => () =>
      cluster(class Config {}, { election: registry.election('config'), host: '10.0.0.5', ...options });
    assert.throws(make({}), { code: RpcCode.Insecure, message: /^listening on 10\.0\.0\.5 is refused/ });
    assert.ok(make({ insecure: true })());
    assert.ok(make({ secret: 'a secret of some length' })());
    assert.ok(make({ isLeader: false })());
  });

  const election = machineOn(new MemoryStore()).registry.election('config');
  const wrong: readonly [string, object, RegExp][] = [
    ['that is a name', { election: 'config' }, /^election must be an election of a registry, .*, got "config"$/],
    ['with a path', { election, path: '/run/x.sock' }, /^election cannot be combined with path/],
    ['with isLeader: true', { election, isLeader: true }, /^election cannot be combined with isLeader: true/],
    ['with singleMode', { election, singleMode: true }, /^election cannot be combined with singleMode/],
    ['with a port that is none', { election, port: 70_000 }, /^port must be/],
    ['with an address that no process can dial', { election, host: '0.0.0.0' }, /give the option advertise/],
    ['left out, with a host', { host: '10.0.0.5' }, /^host needs the option election/],
    ['left out, with insecure', { insecure: true }, /^insecure needs the option election/],
    ['left out, with advertise', { advertise: '10.0.0.5' }, /^advertise needs the option election/],
  ];
  for (const [what, options, message] of wrong)
    it(`is refused ${what}`, () => {
      assert.throws(() => cluster(class Config {}, options as ClusterOptions), {
        code: RpcCode.InvalidArgument,
        message,
      });
    });
});
