import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { callContext } from '../../lib/call-context.js';
import { cluster } from '../../lib/cluster/cluster.js';
import type { ClusterOptions } from '../../lib/cluster/options.js';
import { RpcCode } from '../../lib/errors.js';
import { MemoryStore } from '../../lib/registry/memory/memory-store.js';
import { meetingPath } from '../lib/machine/support.js';
import { machineOn } from '../lib/registry/on-memory.js';
import { expectNoLeaks } from '../support/leaks.js';
import { until } from '../support/until.js';
import { failure, keptLog, makeGate } from './support.js';

type Listener = (value: unknown) => void;

/** Deeds of the real clients of a test: `a1 made`, `a1 closed`, `a1 freed a stream`. */
type History = string[];

/** Which real clients were made and closed. */
function lives(history: History): string[] {
  return history.filter((entry) => /made|closed/.test(entry));
}

interface Wishes {
  readonly history: History;
  /** Work of the method `wait`, in the process that has the real client. */
  wait(): unknown;
  /** Thrown by the constructor. */
  failsWith?: Error | undefined;
}

/** A class of real clients. */
function realClient(name: string, wishes: Wishes) {
  return class Config {
    readonly #listeners = new Map<string, Set<Listener>>();
    constructor() {
      if (wishes.failsWith !== undefined) throw wishes.failsWith;
      wishes.history.push(`${name} made`);
    }
    async who(): Promise<string> {
      return name;
    }
    async echo(...values: unknown[]): Promise<unknown> {
      return values;
    }
    async caller(): Promise<unknown> {
      const { caller, term } = callContext() ?? {};
      return { id: caller?.id, hasTerm: term !== undefined };
    }
    async fail(): Promise<never> {
      throw Object.assign(new RangeError('no such color'), { code: 'E_COLOR', color: 'mauve' });
    }
    async wait(): Promise<unknown> {
      return wishes.wait();
    }
    async aborted(): Promise<void> {
      const signal = callContext()?.signal;
      await new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve()));
      wishes.history.push(`${name} cancelled`);
    }
    async *count(to: number): AsyncGenerator<number, string> {
      try {
        for (let i = 1; i <= to; i++) yield i;
        return 'counted';
      } finally {
        wishes.history.push(`${name} freed a stream`);
      }
    }
    async sum(items: AsyncIterable<number>): Promise<number> {
      let sum = 0;
      for await (const item of items) sum += item;
      return sum;
    }
    subscribe({ key }: { key: string }, listener: Listener): void {
      if (key === 'forbidden') throw new RangeError('no such key');
      this.#listeners.set(key, (this.#listeners.get(key) ?? new Set()).add(listener));
      if (key === 'first') listener('first value');
    }
    unSubscribe({ key }: { key: string }, listener?: Listener): void {
      if (listener !== undefined) this.#listeners.get(key)?.delete(listener);
      wishes.history.push(`${name} unsubscribed from ${key}`);
    }
    publish({ key, value }: { key: string; value: unknown }): void {
      for (const listener of this.#listeners.get(key) ?? []) listener(value);
    }
    async close(): Promise<void> {
      wishes.history.push(`${name} closed`);
    }
  };
}

class World {
  readonly store = new MemoryStore();
  readonly history: History = [];
  readonly gate = makeGate();
  readonly wishes: Wishes = { history: this.history, wait: () => this.gate.pass('answered') };
  readonly #t: TestContext;
  readonly #paths = new Map<string, string>();

  constructor(t: TestContext) {
    this.#t = t;
  }

  /** Place at which the processes of a machine meet. */
  path(machine: string): string {
    const path = this.#paths.get(machine) ?? meetingPath(this.#t);
    this.#paths.set(machine, path);
    return path;
  }

  /** A process of the shared client: `b2` is the second one of the machine `b`. */
  join(name: string, { share, ...options }: ClusterOptions = {}) {
    const { logger, lines } = keptLog();
    const { registry } = machineOn(this.store, { ttl: 60_000 });
    const client = cluster(realClient(name, this.wishes), {
      election: registry.election('config', { ttl: 3_000 }),
      share: { path: this.path(name.slice(0, 1)), ...share },
      clientId: `process ${name}`,
      logger,
      ...options,
    }).create();
    this.#t.after(() => cluster.close(client).catch(() => {}));
    const errors: Error[] = [];
    client.on('error', (error) => void errors.push(error as Error));
    const values: unknown[] = [];
    const subscribe = (key: string): void => client.subscribe({ key }, (value) => void values.push(value));
    const became = (count: number): Promise<unknown> =>
      until(() => values.length >= count, { what: `${count} values in ${name}` });
    return { name, client, errors, lines, values, subscribe, became };
  }

  async started(name: string, options: ClusterOptions = {}) {
    const member = this.join(name, options);
    await member.client.ready();
    return member;
  }
}

/** Two machines with two processes each. The process a1 has the real client, and b1 the connection of its machine. */
async function twoMachines(t: TestContext, options: ClusterOptions = {}) {
  const world = new World(t);
  const [a1, a2] = [await world.started('a1', options), await world.started('a2', options)];
  const [b1, b2] = [await world.started('b1', options), await world.started('b2', options)];
  return { world, history: world.history, a1, a2, b1, b2, all: [a1, a2, b1, b2] };
}

async function collect(stream: AsyncIterable<unknown>): Promise<unknown[]> {
  const items: unknown[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

describe('a shared client whose processes share the connection of their machine', () => {
  it('has one real client for all, and one candidate in the registry for each machine', async (t) => {
    expectNoLeaks(t);
    const { world, history, all } = await twoMachines(t);
    assert.deepEqual(
      all.map(({ client }) => client.isClusterClientLeader),
      [true, false, false, false],
    );
    for (const { client } of all) assert.equal(await client.who(), 'a1');
    assert.deepEqual(history, ['a1 made']);
    assert.equal(world.store.list('elections/').entries.length, 2);
    for (const { client } of all.reverse()) await client.close();
    assert.deepEqual(history, ['a1 made', 'a1 closed']);
    assert.deepEqual(world.store.list('').entries, []);
    assert.deepEqual(
      all.flatMap(({ errors }) => errors),
      [],
    );
  });

  it('answers each process as the process that connects by itself is answered', async (t) => {
    const { a2, b1, b2 } = await twoMachines(t);
    const shapes = [undefined, new Date(0), new Map([[1, { deep: [1n] }]]), Buffer.from('bytes'), 'x'.repeat(100_000)];
    for (const { name, client } of [a2, b1, b2]) {
      assert.deepEqual(await client.echo(...shapes), shapes);
      assert.deepEqual(await client.caller(), { id: `process ${name}`, hasTerm: true });
      const failed = (await failure(client.fail())) as Error & { code?: string; color?: string };
      assert.deepEqual([failed.name, failed.message, failed.code], ['RangeError', 'no such color', 'E_COLOR']);
      assert.equal(failed.color, 'mauve');
    }
  });

  it('passes bytes on: nothing is decoded or encoded in the process with the connection', async (t) => {
    const world = new World(t);
    let work = 0;
    const json = {
      encode: (value: unknown) => JSON.stringify(value) ?? 'null',
      decode: (bytes: Buffer) => JSON.parse(bytes.toString()) as unknown,
    };
    const counted = {
      encode: (value: unknown) => {
        work += 1;
        return json.encode(value);
      },
      decode: (bytes: Buffer) => {
        work += 1;
        return json.decode(bytes);
      },
    };
    await world.started('a1', { transcode: json });
    await world.started('b1', { transcode: counted });
    const b2 = await world.started('b2', { transcode: json });
    work = 0;
    assert.deepEqual(await b2.client.echo({ n: 1 }), [{ n: 1 }]);
    assert.deepEqual(await collect(b2.client.count(3)), [1, 2, 3]);
    assert.equal(await b2.client.sum(numbers(4) as never), 10);
    b2.subscribe('color');
    await b2.client.who();
    b2.client.publish({ key: 'color', value: 'red' });
    await b2.became(1);
    assert.equal(work, 0);
  });

  it('brings the values of a key in order to each process, and the last one to a process that subscribes later', async (t) => {
    const { history, all, b1, b2 } = await twoMachines(t);
    for (const { subscribe } of all) subscribe('color');
    for (const { client } of all) await client.who(); // the subscriptions have arrived
    const wanted = [...Array(500).keys()];
    for (const value of wanted) b2.client.publish({ key: 'color', value });
    for (const { became, values } of all) {
      await became(500);
      assert.deepEqual(values, wanted);
    }
    const late: unknown[] = [];
    b1.client.unSubscribe({ key: 'color' });
    b1.client.subscribe({ key: 'color' }, (value) => void late.push(value));
    await until(() => late.length > 0, { what: 'the last value' });
    assert.deepEqual(late, [499]);
    for (const { client } of all) client.unSubscribe({ key: 'color' });
    await until(() => history.includes('a1 unsubscribed from color'), { what: 'the end of the subscription' });
  });

  it('reports a key that the real client refuses to the process that asked for it', async (t) => {
    const { b1, b2 } = await twoMachines(t);
    b2.subscribe('forbidden');
    await until(() => b2.errors.length > 0, { what: 'the refusal' });
    assert.match(b2.errors[0]?.message ?? '', /no such key/);
    assert.deepEqual(b1.errors, []);
    b1.subscribe('forbidden'); // asked for anew
    await until(() => b1.errors.length > 0, { what: 'the refusal' });
    b2.subscribe('first');
    await b2.became(1);
    assert.deepEqual(b2.values, ['first value']);
  });

  it('carries streams in both directions, and their ends', async (t) => {
    const { history, b2 } = await twoMachines(t);
    const many = await collect(b2.client.count(2_000));
    assert.deepEqual([many.length, many.at(-1)], [2_000, 2_000]);
    assert.equal(await b2.client.sum(numbers(1_000) as never), 500_500);
    history.length = 0;
    for await (const item of b2.client.count(1_000_000)) if (item === 3) break;
    await until(() => history.includes('a1 freed a stream'), { what: 'the end of the generator' });
  });

  it('gives a call its deadline, and the delivery unknown', async (t) => {
    const { world, b2 } = await twoMachines(t, { responseTimeout: 300 });
    const late = await failure(b2.client.wait());
    assert.deepEqual([late.code, late.delivery], [RpcCode.Timeout, 'unknown']);
    world.gate.open();
  });

  it('goes on when the process with the connection closes: no call fails, and subscriptions come back', async (t) => {
    const { world, b1, b2 } = await twoMachines(t);
    b2.subscribe('color');
    const running = b2.client.wait();
    await world.gate.arrivals(1);
    const closed = b1.client.close();
    const meanwhile = Promise.all([...Array(20)].map(() => b2.client.who()));
    world.gate.open();
    assert.equal(await running, 'answered');
    await closed;
    assert.deepEqual([...new Set(await meanwhile)], ['a1']);
    await until(() => b2.client.isClusterClientLeader === false, { what: 'the connection of b2' });
    assert.equal(await b2.client.who(), 'a1');
    b2.client.publish({ key: 'color', value: 'red' });
    await b2.became(1);
    assert.deepEqual([b2.values, b2.errors, lives(world.history)], [['red'], [], ['a1 made']]);
  });

  it('passes to the next machine when the real client closes, whose other processes are served without a relay', async (t) => {
    const { history, a1, a2, b1, b2 } = await twoMachines(t);
    for (const { subscribe } of [a2, b1, b2]) subscribe('color');
    await a1.client.close();
    const answers = await Promise.all([a2, b1, b2].map(({ client }) => client.who()));
    assert.deepEqual(answers, ['b1', 'b1', 'b1']);
    assert.deepEqual(lives(history), ['a1 made', 'a1 closed', 'b1 made']);
    assert.deepEqual([b1.client.isClusterClientLeader, a2.client.isClusterClientLeader], [true, false]);
    a2.client.publish({ key: 'color', value: 'red' });
    for (const { values, became } of [a2, b1, b2]) {
      await became(1);
      assert.deepEqual(values, ['red']);
    }
    assert.deepEqual([...a2.errors, ...b1.errors, ...b2.errors], []);
  });

  it('loses no call while the real client goes from machine to machine', async (t) => {
    const { a1, a2, b1, b2 } = await twoMachines(t);
    const answers = new Set<unknown>();
    let isOver = false;
    const caller = async (): Promise<void> => {
      while (!isOver) answers.add(await b2.client.who());
    };
    const calling = Promise.all([caller(), caller(), caller()]);
    await a1.client.close();
    await until(() => answers.has('b1'), { what: 'an answer of the next machine' });
    await b1.client.close();
    await until(() => answers.has('a2') || answers.has('b2'), { what: 'an answer of the one after that' });
    isOver = true;
    await calling;
    assert.deepEqual([...a2.errors, ...b2.errors], []);
  });

  it('reports the failure of a real client on another machine to each process, until the real client is there', async (t) => {
    const world = new World(t);
    world.wishes.failsWith = Object.assign(new RangeError('the registry is down'), { code: 'E_DOWN' });
    world.join('a1');
    const [b1, b2] = [world.join('b1'), world.join('b2')];
    for (const { client } of [b1, b2]) {
      const failed = await failure(client.who());
      assert.deepEqual([failed.name, failed.message, failed.code], ['RangeError', 'the registry is down', 'E_DOWN']);
    }
    world.wishes.failsWith = undefined;
    await until(async () => (await b2.client.who().catch(() => '')) === 'a1', { what: 'the real client' });
    assert.equal(await b1.client.who(), 'a1');
  });

  it('goes through another process where a process may not have the connection', async (t) => {
    const world = new World(t);
    const b2 = world.join('b2', { share: { lead: false } });
    await world.started('a1');
    await world.started('b1');
    assert.equal(await b2.client.who(), 'a1');
  });

  it('keeps a process of the machine out that does not know the secret, from the connection as from the real client', async (t) => {
    const world = new World(t);
    const secret = 'the secret of all processes of this client';
    await world.started('a1', { secret });
    await world.started('b1', { secret });
    const stranger = world.join('b2', { share: { lead: false }, maxWaitTime: 2_000 });
    stranger.subscribe('color');
    const error = await failure(stranger.client.who());
    assert.match(`${error.message} ${stranger.errors.map(({ message }) => message)}`, /secret/);
    const beside = world.join('a2', {
      secret: 'another secret than that of the others',
      share: { lead: false },
      maxWaitTime: 2_000,
    });
    await failure(beside.client.who());
    const known = await world.started('b3', { secret });
    known.client.publish({ key: 'color', value: 'red' });
    assert.equal(await known.client.who(), 'a1');
    assert.deepEqual([stranger.values, lives(world.history)], [[], ['a1 made']]);
  });

  it('refuses options that do not fit', (t) => {
    const world = new World(t);
    const election = machineOn(world.store).registry.election('config');
    const path = world.path('a');
    for (const [options, why] of [
      [{ share: { path } }, /share needs the option election/],
      [{ election, share: {} }, /share\.port/],
      [{ election, share: { path, port: 7_000 } }, /share\.path cannot be combined with share\.port/],
      [
        { election, share: { path, leed: true } as never },
        /share has an option that does not exist: "leed" \(did you mean lead\?\)/,
      ],
      [{ election, share: { path, lead: 'yes' as never } }, /share\.lead/],
    ] satisfies [ClusterOptions, RegExp][])
      assert.throws(() => cluster(class Config {}, options), why);
  });
});

async function* numbers(to: number): AsyncGenerator<number> {
  for (let i = 1; i <= to; i++) yield i;
}
