import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { cluster } from '../../lib/cluster/cluster.js';
import type { ClusterOptions } from '../../lib/cluster/options.js';
import { expectNoLeaks } from '../support/leaks.js';
import { type Json, spawnProcess } from '../support/spawn-process.js';
import { until } from '../support/until.js';
import { sharedWorld } from './shared-client-support.js';
import { Streaming } from './streaming-client.js';
import { failure, unusedPort } from './support.js';

const PROCESS = new URL('./fixtures/streaming-client-process.ts', import.meta.url);
const ROLES = ['Leader', 'Leader with copies', 'Follower', 'single process'] as const;

async function collect(stream: AsyncIterable<unknown>): Promise<unknown[]> {
  const items: unknown[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

/** A shared client in a role, and the real client behind it. */
async function joined(t: TestContext, role: (typeof ROLES)[number], options: ClusterOptions = {}) {
  const world = await sharedWorld(t, {
    ...options,
    localCopies: role === 'Leader with copies',
    singleMode: role === 'single process',
  });
  const join = () =>
    world.join(Streaming, {
      build: (builder) =>
        builder.delegate('readable', 'stream').delegate('steps', 'stream').delegate('plain', 'stream'),
    });
  const first = join();
  await first.ready();
  const real = Streaming.latest as Streaming;
  if (role !== 'Follower') return { client: first, first, real };
  const client = join();
  await client.ready();
  assert.equal(client.isClusterClientLeader, false);
  return { client, first, real };
}

describe('a method of a shared client that streams', () => {
  for (const role of ROLES)
    describe(role, () => {
      it('brings the items in order, each once, and what the generator returns', async (t) => {
        const { client } = await joined(t, role);
        const many = await collect(client.count(3_000));
        assert.deepEqual(
          many,
          [...Array(3_000).keys()].map((i) => i + 1),
        );
        const stream = client.count(1);
        assert.deepEqual(
          [await stream.next(), await stream.next(), await stream.next()],
          [
            { done: false, value: 1 },
            { done: true, value: 'counted' },
            { done: true, value: undefined },
          ],
        );
        assert.deepEqual(await collect(client.count(2).toReadable()), [1, 2]);
      });

      it('comes from streams of Node and from generators that are delegated to a stream', async (t) => {
        const { client } = await joined(t, role);
        assert.deepEqual(await collect(client.readable()), ['a', 'b']);
        assert.deepEqual(await collect(client.steps() as never), [1, 2]);
        const none = await failure(collect(client.plain('x') as never));
        assert.deepEqual([none.code, none.delivered], ['ERR_RPC_NO_STREAM', 0]);
        assert.match(none.message, /delegate\('plain', 'invoke'\), and not as 'stream'$/);
      });

      it('has the error of the generator behind the items', async (t) => {
        const { client } = await joined(t, role);
        const stream = client.fails(3);
        for (let i = 1; i <= 3; i++) assert.equal((await stream.next()).value, i);
        const error = await failure(stream.next());
        assert.deepEqual(
          [error.name, error.message, error.code, error.delivered],
          ['TypeError', 'no more', 'E_EMPTY', 3],
        );
        assert.deepEqual(await stream.next(), { done: true, value: undefined });
      });

      it('ends with the error of the generator where that error takes no field', async (t) => {
        const { client } = await joined(t, role);
        const stream = client.failsFrozen();
        assert.equal((await stream.next()).value, 1);
        const error = await failure(stream.next());
        assert.deepEqual([error.name, error.message], ['TypeError', 'frozen']);
        assert.deepEqual(await stream.next(), { done: true, value: undefined });
      });

      it('is asked for no more than was read and a window, and ends once at a break', async (t) => {
        const { client, real } = await joined(t, role);
        const stream = client.endless();
        await until(() => real.asked >= 256, { what: 'a window of items' });
        for (let i = 1; i <= 100; i++) assert.deepEqual((await stream.next()).value, { n: i });
        await new Promise((resolve) => setTimeout(resolve, 20));
        assert.equal(real.asked, 256);
        for await (const { n } of stream) if (n === 1_000) break;
        await until(() => real.finals === 1, { what: 'the finally' });
        assert.ok(real.asked < 1_600);
        assert.equal(stream.delivered, 1_000);
      });

      it('ends with one error and its finally where the shared client is closed', async (t) => {
        // A close waits so long for calls that run, and a stream does not end by itself.
        const { client, first, real } = await joined(t, role, { responseTimeout: 2_000 });
        const stream = client.endless();
        await stream.next();
        await cluster.close(first);
        const error = await failure(collect(stream));
        assert.equal(error.name, 'SocketCloseError');
        assert.ok((error.delivered ?? 0) >= 1);
        await until(() => real.finals === 1, { what: 'the finally' });
      });
    });

  it('gives its caller in the process that leads copies or the very items, as localCopies says', async (t) => {
    const item = { n: 1 };
    class Same {
      async *items() {
        yield item;
      }
    }
    for (const localCopies of [true, false]) {
      const world = await sharedWorld(t, { localCopies });
      const client = world.join(Same);
      const [got] = await collect(client.items());
      assert.deepEqual(got, item);
      assert.equal(got === item, !localCopies);
      await cluster.close(client);
    }
  });

  it('waits for a Leader as a plain call does, and can be given up meanwhile', async (t) => {
    const world = await sharedWorld(t, { maxWaitTime: 300, isLeader: false });
    const client = world.join(Streaming);
    client.ready().catch(() => {});
    const left = client.count(3);
    await left.return('left' as never);
    assert.deepEqual(await left.next(), { done: true, value: undefined });
    const error = await failure(client.count(3).next());
    assert.deepEqual([error.code, error.delivery, error.delivered], ['ERR_RPC_TIMEOUT', 'not-sent', 0]);
    await cluster.close(client);
    assert.equal((await failure(client.count(3).next())).code, 'ERR_RPC_CLOSED');
  });
});

describe('a stream of a shared client over processes', () => {
  const isType = (type: string) => (message: Json) => (message as Record<string, Json>)['type'] === type;

  it('ends with one error and how many were delivered where its Leader dies; the next Leader streams', async (t) => {
    expectNoLeaks(t);
    const port = await unusedPort(t);
    const { child, ready } = await spawnProcess(t, PROCESS, { args: [String(port)] });
    assert.equal(ready['isLeader'], true);
    const client = cluster(Streaming, {
      port,
      name: 'Streaming',
      logger: { info() {}, warn() {}, error() {} },
    }).create();
    t.after(() => cluster.close(client));
    client.on('error', () => {});
    await client.ready();
    const stream = client.endless();
    for (let n = 1; n <= 5; n++) assert.deepEqual((await stream.next()).value, { n });
    await child.kill('SIGKILL');
    let delivered = 5;
    const error = await failure(
      (async () => {
        for await (const { n } of stream) assert.equal(n, ++delivered);
      })(),
    );
    assert.deepEqual(
      [error.code, error.name, error.delivered],
      ['ERR_RPC_CONNECTION_LOST', 'SocketCloseError', delivered],
    );
    assert.deepEqual(await collect(client.count(3)), [1, 2, 3]);
    assert.equal(client.isClusterClientLeader, true);
  });

  it('ends its generator once where the process of its reader dies', async (t) => {
    const world = await sharedWorld(t, { name: 'Streaming' });
    const client = world.join(Streaming);
    await client.ready();
    const real = Streaming.latest as Streaming;
    const { child } = await spawnProcess(t, PROCESS, { args: [String(world.port), 'read'] });
    await child.next({ match: isType('reads') });
    assert.equal(real.finals, 0);
    await child.kill('SIGKILL');
    await until(() => real.finals === 1, { what: 'the finally' });
    assert.deepEqual(await collect(client.count(3)), [1, 2, 3]);
  });

  for (const role of ['Leader', 'Follower'] as const)
    it(`says how it is to be delegated, where it is called for one answer (${role})`, async (t) => {
      const world = await sharedWorld(t);
      const join = () => world.join(Streaming, { build: (builder) => builder.delegate('endless', 'invoke') });
      const leader = join();
      await leader.ready();
      const client = role === 'Leader' ? leader : join();
      await client.ready();
      const error = await failure(client.endless() as unknown as Promise<unknown>);
      assert.equal(error.code, 'ERR_RPC_NEEDS_STREAM');
      assert.match(
        error.message,
        /^endless on \S+: the method answers with a stream: delegate\('endless', 'stream'\)$/,
      );
      assert.equal(Streaming.latest?.asked, 0, 'no generator was begun');
    });
});
