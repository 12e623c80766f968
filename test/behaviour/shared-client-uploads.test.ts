import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { describe, it, type TestContext } from 'node:test';
import { cluster } from '../../lib/cluster/cluster.js';
import { request } from '../lib/transport/support.js';
import { type Json, spawnProcess } from '../support/spawn-process.js';
import { until } from '../support/until.js';
import { EXT, rawCaller } from './raw-peers.js';
import { sharedWorld } from './shared-client-support.js';
import { Storing } from './storing-client.js';
import { itemsBody } from './stream-items.js';
import { failure, unusedPort } from './support.js';

const PROCESS = new URL('./fixtures/storing-client-process.ts', import.meta.url);
const ROLES = ['Leader', 'Follower', 'single process'] as const;

const isType = (type: string) => (message: Json) => (message as Record<string, Json>)['type'] === type;

async function* numbers(to: number): AsyncGenerator<number> {
  for (let i = 1; i <= to; i++) yield i;
}

/** An endless source that notes what was asked of it, and how often it was ended. */
function noting() {
  const noted = { asked: 0, ended: 0 };
  async function* source(): AsyncGenerator<number> {
    try {
      for (let i = 1; ; i++) {
        noted.asked += 1;
        yield i;
      }
    } finally {
      noted.ended += 1;
    }
  }
  return { noted, source };
}

async function collect(stream: AsyncIterable<unknown>): Promise<unknown[]> {
  const items: unknown[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

const upTo = (count: number) => [...Array(count).keys()].map((i) => i + 1);

/** A shared client in a role, the first one in the process, and the real client behind both. */
async function joined(t: TestContext, role: (typeof ROLES)[number], options: object = {}) {
  const world = await sharedWorld(t, { singleMode: role === 'single process', ...options });
  const join = () =>
    world.join(Storing, {
      build: (builder) => builder.delegate('note', 'invokeOneway').delegate('hold').delegate('count'),
    });
  const first = join();
  await first.ready();
  const real = Storing.latest as Storing;
  if (role !== 'Follower') return { client: first, real };
  const client = join();
  await client.ready();
  assert.equal(client.isClusterClientLeader, false);
  return { client, real };
}

describe('an argument of a shared client that is a stream', () => {
  for (const role of ROLES)
    describe(role, () => {
      it('brings its items to the method in order, each once, wherever it stands among the arguments', async (t) => {
        const { client, real } = await joined(t, role);
        assert.deepEqual(await client.save('a', numbers(3_000), 'note'), ['a', 'note', 3_000]);
        assert.deepEqual(real.seen.splice(0), upTo(3_000));
        assert.deepEqual(await client.save('b', Readable.from(['x', 'y'])), ['b', null, 2]);
        const web = new ReadableStream({
          start: (c) => [1, 'end'].map((i) => (i === 'end' ? c.close() : c.enqueue(i))),
        });
        assert.deepEqual(await client.save('c', web), ['c', null, 3]);
        assert.equal(await client.early(numbers(0)), 'early');
        assert.deepEqual(real.seen, ['x', 'y', 1]);
      });

      it('comes beside a stream of results, and before a callback', async (t) => {
        const { client } = await joined(t, role);
        assert.deepEqual(
          await collect(client.double(numbers(1_000))),
          upTo(1_000).map((i) => i * 2),
        );
        const called = new Promise((resolve) => client.count(numbers(3), (...given) => resolve(given)));
        assert.deepEqual(await called, [null, 3]);
      });

      it('is asked for no more than was read and a window', async (t) => {
        const { client, real } = await joined(t, role, { responseTimeout: 60_000 });
        const { noted, source } = noting();
        const answer = client.hold(source());
        await until(() => noted.asked >= 256 && real.held.length === 1, { what: 'a window of items' });
        for (let i = 1; i <= 100; i++) assert.deepEqual(await real.held[0]?.next(), { done: false, value: i });
        await new Promise((resolve) => setTimeout(resolve, 20));
        assert.equal(noted.asked, 256);
        for (let i = 101; i <= 200; i++) await real.held[0]?.next();
        await until(() => noted.asked > 256, { what: 'the items of a credit' });
        await real.held[0]?.return?.();
        await until(() => noted.ended === 1, { what: 'the end of the source' });
        real.letGo();
        await answer;
      });

      it('is ended once where the method breaks off, answers early, or fails', async (t) => {
        const { client, real } = await joined(t, role);
        const { noted, source } = noting();
        const answer = client.two(source());
        await until(() => noted.ended === 1, { what: 'the end after a break' });
        real.letGo();
        assert.equal(await answer, 'two');
        assert.equal(await client.early(source()), 'early');
        await until(() => noted.ended === 2 || noted.asked < 300, { what: 'the end after an answer' });
        const error = await failure(client.fails(source()));
        assert.deepEqual([error.name, error.message, error.code], ['TypeError', 'no', 'E_NO']);
        await until(() => noted.ended >= 2, { what: 'the end after a failure' });
        for await (const item of client.double(source())) if (item === 8) break;
        await until(() => noted.ended >= 3, { what: 'the end after a break of the reader' });
      });

      it('that fails, or has an item that cannot be sent, ends the call, and the method is notified', async (t) => {
        const { client, real } = await joined(t, role);
        let ended = 0;
        async function* source(fail: boolean) {
          try {
            yield* numbers(2);
            if (fail) throw new RangeError('disk');
            yield () => {};
          } finally {
            ended += 1;
          }
        }
        for (const [fail, code] of [
          [true, 'ERR_RPC_UPLOAD'],
          [false, 'ERR_RPC_ENCODE'],
        ] as const) {
          const error = await failure(client.save('a', source(fail)));
          assert.equal(error.code, code);
          await until(() => typeof real.seen.at(-1) === 'string', { what: 'the notice of the method' });
          assert.equal(real.seen.at(-1), 'ERR_RPC_CANCELLED');
          real.seen.length = 0;
        }
        assert.equal(ended, 2);
      });

      it('ends at both ends with responseTimeout, and where the shared client is closed', async (t) => {
        const { client, real } = await joined(t, role, { responseTimeout: 400 });
        const { noted, source } = noting();
        const late = await failure(client.save('a', source()));
        assert.equal(late.code, 'ERR_RPC_TIMEOUT');
        await until(() => noted.ended === 1 && typeof real.seen.at(-1) === 'string', { what: 'both ends' });
        real.seen.length = 0;
        const answer = failure(client.save('a', source()));
        await until(() => real.seen.length > 0, { what: 'an item' });
        await cluster.close(client);
        // A call in flight has as much time as a close waits for.
        assert.match((await answer).name, /^(?:SocketCloseError|ResponseTimeoutError)$/);
        await until(() => noted.ended === 2 && typeof real.seen.at(-1) === 'string', { what: 'both ends' });
        const readable = Readable.from([1]);
        assert.equal((await failure(client.save('a', readable))).code, 'ERR_RPC_CLOSED');
        assert.equal(readable.destroyed, true);
      });

      it('is refused beside another one, and in a one-way call', async (t) => {
        const { client, real } = await joined(t, role);
        const several = await failure(client.save(numbers(1) as never, numbers(1)));
        assert.deepEqual([several.code, several.delivery], ['ERR_RPC_INVALID_ARGUMENT', 'not-sent']);
        assert.match(several.message, /several of its arguments are streams, and a call sends one/);
        const beside = await failure(collect(client.double(...([numbers(1), numbers(1)] as never as [never]))));
        assert.equal(beside.code, 'ERR_RPC_INVALID_ARGUMENT');
        const readable = Readable.from([1]);
        void client.note(readable);
        await until(() => readable.destroyed, { what: 'the end of the stream' });
        assert.deepEqual([await client.echo([1]), real.seen], [[1], []]);
      });
    });

  it('reaches the method as it is in the process that leads, where localCopies is false', async (t) => {
    const world = await sharedWorld(t, { localCopies: false });
    const client = world.join(Storing);
    await client.ready();
    const source = numbers(2);
    assert.equal(await client.echo(source), source);
    assert.deepEqual(await client.save('a', source), ['a', null, 2]);
    assert.deepEqual(await collect(client.double(numbers(2))), [2, 4]);
  });

  it('waits for a Leader as other arguments do, and is not asked before', async (t) => {
    const world = await sharedWorld(t, { maxWaitTime: 300, isLeader: false });
    const client = world.join(Storing);
    client.ready().catch(() => {});
    const source = numbers(2);
    const error = await failure(client.save('a', source));
    assert.deepEqual([error.code, error.delivery], ['ERR_RPC_TIMEOUT', 'not-sent']);
    assert.deepEqual(await collect(source), [1, 2]);
    const readable = Readable.from([1]);
    await failure(client.save('a', readable));
    assert.equal(readable.destroyed, true);
  });
});

describe('an upload of a shared client over processes', () => {
  it('ends with one error, and its source once, where its Leader dies', async (t) => {
    const port = await unusedPort(t);
    const { child } = await spawnProcess(t, PROCESS, { args: [String(port)] });
    const logger = { info() {}, warn() {}, error() {} };
    const client = cluster(Storing, { port, name: 'Storing', logger, responseTimeout: 60_000 }).create();
    t.after(() => cluster.close(client));
    client.on('error', () => {});
    await client.ready();
    const { noted, source } = noting();
    const answer = failure(client.save('a', source()));
    await until(() => noted.asked > 300, { what: 'items' });
    await child.kill('SIGKILL');
    const error = await answer;
    assert.deepEqual([error.code, error.name], ['ERR_RPC_CONNECTION_LOST', 'SocketCloseError']);
    await until(() => noted.ended === 1, { what: 'the end of the source' });
    assert.deepEqual(await client.save('b', numbers(3)), ['b', null, 3]);
    assert.equal(client.isClusterClientLeader, true);
  });

  it('notifies the method where the process of its caller dies', async (t) => {
    const world = await sharedWorld(t, { name: 'Storing' });
    const client = world.join(Storing);
    await client.ready();
    const real = Storing.latest as Storing;
    const { child } = await spawnProcess(t, PROCESS, { args: [String(world.port), 'save'] });
    await child.next({ match: isType('saves') });
    await until(() => real.seen.length > 0, { what: 'an item' });
    await child.kill('SIGKILL');
    await until(() => real.seen.at(-1) === 'ERR_RPC_CONNECTION_LOST', { what: 'the notice of the method' });
    real.seen.length = 0;
    assert.deepEqual(await client.save('b', numbers(3)), ['b', null, 3]);
  });

  it('is refused where a Follower names a place that is none', async (t) => {
    const world = await sharedWorld(t, { name: 'Storing' });
    const client = world.join(Storing);
    await client.ready();
    const real = Storing.latest as Storing;
    const peer = await rawCaller(t, world.port);
    const window = { items: 2, bytes: 1_000, total: 1_000 };
    const ext = { ...EXT, features: [...EXT.features, 'stream'], stream: window };
    peer.write(request(1, { type: 'register_channel', channelName: 'Storing', ext }));
    await peer.next();
    const save = (id: number, meta: unknown, more: object = {}) =>
      request(
        id,
        { type: 'invoke', method: 'save', argLength: 2, oneway: false, meta: 1, upload: 1, ...more },
        itemsBody(0, meta, '"a"').subarray(8),
      );
    const answer = (id: number) =>
      until(() => peer.packets.find((packet) => packet.id === id && packet.head.type === 'invoke_result'), {
        what: `the answer of ${id}`,
      });
    for (const [i, place] of [2, -1, 0.5, 'x', null].entries()) {
      peer.write(save(10 + i, { stream: place }));
      assert.equal((await answer(10 + i)).head.code, 'ERR_RPC_BAD_REQUEST');
    }
    peer.write(save(20, { stream: 1 }, { upload: 0 }));
    assert.equal((await answer(20)).head.code, 'ERR_RPC_BAD_REQUEST');
    peer.write(save(30, { stream: 1 }), request(30, { type: 'stream_items' }, itemsBody(0, 7)));
    peer.write(request(30, { type: 'stream_end' }));
    const { head, body } = await answer(30);
    assert.equal(head.success, true, body.toString());
    assert.deepEqual(real.seen, [7]);
  });
});
