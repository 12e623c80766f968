import assert from 'node:assert/strict';
import { EventEmitter, on } from 'node:events';
import { describe, it, type TestContext } from 'node:test';
import { expectNoLeaks } from '../support/leaks.js';
import { until } from '../support/until.js';
import { call, deferred, failure, serve } from './support.js';

/** A server with an after filter. Each of its sources gives one item, and is quiet from then on. */
async function setUp(t: TestContext) {
  const news = new EventEmitter();
  let cancelled = 0;
  const service = {
    f: () => 1,
    refused: () => service.web(),
    news: () => on(news, 'item'),
    web: () =>
      new ReadableStream(
        {
          start: (controller) => controller.enqueue('first'),
          cancel: () => {
            cancelled += 1;
          },
        },
        { highWaterMark: 0 },
      ),
    async *one() {
      yield 1;
    },
  };
  const served = await serve(t, service);
  const filtered: string[] = [];
  const gate = deferred();
  served.server.after((_id, { method }) => {
    filtered.push(method);
    if (method === 'refused') throw new Error('not this one');
    return method === 'one' ? gate.promise : undefined;
  });
  const ends: unknown[] = [];
  served.server.on('callEnded', ({ method, outcome }) => ends.push([method.split('.').at(-1), outcome]));
  const { client, calls } = await call(t, [served]);
  await calls.f(null);
  return { client, calls, news, filtered, gate, ends, cancelled: () => cancelled };
}

describe('a source that is quiet, under an after filter of the server', () => {
  const ways = {
    'at a return()': async ({ calls }) => {
      const stream = calls.web.stream(null);
      await stream.next();
      await stream.return();
    },
    'at the deadline of the stream': async ({ calls }) => {
      const stream = calls.web.with({ timeout: 2_000 }).stream(null);
      const drain = async () => {
        for await (const _ of stream);
      };
      assert.equal((await failure(drain())).code, 'ERR_RPC_TIMEOUT');
    },
    'when the connection is lost': async ({ calls, client }) => {
      await calls.web.stream(null).next();
      await client.stop(true);
    },
  } satisfies Record<string, (world: Awaited<ReturnType<typeof setUp>>) => Promise<void>>;
  for (const [when, leave] of Object.entries(ways)) {
    it(`is asked to end ${when}, and the filter does not run`, async (t) => {
      expectNoLeaks(t);
      const world = await setUp(t);
      await leave(world);
      await until(() => world.cancelled() === 1 && world.ends.length === 2, { what: 'the source to be cancelled' });
      assert.deepEqual(world.filtered, ['f']);
    });
  }

  it('is woken by its return(), and the filter does not run', async (t) => {
    expectNoLeaks(t);
    const { calls, news, filtered, ends } = await setUp(t);
    const stream = calls.news.stream(null);
    const first = stream.next();
    await until(() => news.listenerCount('item') === 1, { what: 'the source to listen' });
    news.emit('item', 1);
    assert.deepEqual(await first, { done: false, value: [1] });
    await stream.return();
    await until(() => news.listenerCount('item') === 0 && ends.length === 2, { what: 'the source to end' });
    assert.deepEqual(filtered, ['f']);
  });
});

it('a stream whose reader leaves while the after filters run has its place until they have run', async (t) => {
  expectNoLeaks(t);
  const { calls, filtered, gate, ends } = await setUp(t);
  const stream = calls.one.stream(null);
  await stream.next();
  await until(() => filtered.includes('one'), { what: 'the filter' });
  await stream.return();
  await calls.f(null); // behind the frame that says that the reader has left
  assert.deepEqual(ends, [
    ['f', 'ok'],
    ['f', 'ok'],
  ]);
  gate.resolve();
  await until(() => ends.length === 3, { what: 'the end of the stream' });
  assert.deepEqual(ends.at(-1), ['one', 'left']);
});

it('a stream that a plain call gets is asked to end where the after filter fails', async (t) => {
  expectNoLeaks(t);
  const { calls, cancelled } = await setUp(t);
  assert.match((await failure(calls.refused(null))).message, /not this one$/);
  assert.equal(cancelled(), 1);
});
