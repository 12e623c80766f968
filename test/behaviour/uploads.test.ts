import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { Readable } from 'node:stream';
import { describe, it } from 'node:test';
import { callContext } from '../../lib/call-context.js';
import { expectNoLeaks } from '../support/leaks.js';
import { until } from '../support/until.js';
import { call, failure, overTransports, serve } from './support.js';

/** The items that the caller of this method sends. Called at the top of the method. */
function sent(): AsyncIterableIterator<unknown> {
  const stream = callContext()?.stream;
  if (stream === undefined) throw new TypeError('no stream');
  return stream;
}

async function sum(start = 0): Promise<number> {
  let total = start;
  for await (const item of sent()) total += item as number;
  return total;
}

async function* numbers(to: number): AsyncGenerator<number> {
  for (let i = 1; i <= to; i++) yield i;
}

/** An endless source that notes what was asked of it. */
function noting() {
  const noted = { asked: 0, ended: 0 };
  async function* source() {
    try {
      for (;;) yield noted.asked++;
    } finally {
      noted.ended++;
    }
  }
  return { noted, source };
}

async function collect(stream: AsyncIterable<unknown>): Promise<unknown[]> {
  const items: unknown[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

describe('an upload', () => {
  overTransports((transport) => {
    it('brings the items of its source to the method in order, each once', async (t) => {
      expectNoLeaks(t);
      const service = {
        async list() {
          return await collect(sent());
        },
        async *double() {
          for await (const item of sent()) yield (item as number) * 2;
          return 'doubled';
        },
      };
      const served = await serve(t, service, { transport });
      const { calls } = await call(t, [served]);
      const wanted = [...Array(3_000).keys()].map((i) => i + 1);
      assert.deepEqual(await calls.list.with({ stream: numbers(3_000) })(null), wanted);
      assert.deepEqual(await calls.list.with({ stream: numbers(0) })(null), []);
      const both = calls.double.with({ stream: numbers(1_000) }).stream(null);
      assert.deepEqual(
        await collect(both),
        wanted.slice(0, 1_000).map((i) => i * 2),
      );
    });
  });

  it('comes from every kind of source, beside arguments and meta, in every form of a call', async (t) => {
    const service = {
      sum,
      meta: async () => [callContext()?.meta, await collect(sent())],
      none: () => callContext()?.stream === undefined,
    };
    const served = await serve(t, service, { id: 'test-1' });
    const { calls } = await call(t, [served]);
    const web = () =>
      new ReadableStream({ start: (c) => [1, 2, 'end'].map((i) => (i === 'end' ? c.close() : c.enqueue(i))) });
    assert.equal(await calls.sum.with({ stream: web() })(null, 10), 13);
    assert.equal(await calls.sum.with({ stream: Readable.from([1, 2]) })(null, 10), 13);
    assert.equal(await calls.sum.with({ stream: { [Symbol.asyncIterator]: () => numbers(2) } })(null), 3);
    assert.equal(await calls.sum.with({ stream: numbers(2) }).toServer('test-1'), 3);
    assert.equal(await calls.sum.with({ stream: numbers(2) }).to('test-1')(1), 4);
    assert.deepEqual(await calls.meta.with({ stream: numbers(1), meta: 'm' })(null), ['m', [1]]);
    const called = new Promise((resolve) =>
      calls.sum.with({ stream: numbers(2) })(null, (...given: unknown[]) => resolve(given)),
    );
    assert.deepEqual(await called, [null, 3]);
    assert.equal(await calls.none(null), true);
  });

  it('asks its source for no more than the method has taken and a window', async (t) => {
    let stream: AsyncIterableIterator<unknown> | undefined;
    const service = { hold: () => new Promise(() => (stream = sent())) };
    const served = await serve(t, service, { streamWindow: { items: 8 } });
    const { calls } = await call(t, [served]);
    const { noted, source } = noting();
    const abort = new AbortController();
    const held = failure(calls.hold.with({ stream: source(), signal: abort.signal })(null));
    await until(() => noted.asked >= 8 && stream !== undefined, { what: 'a window of items' });
    for (let i = 0; i < 3; i++) assert.deepEqual(await stream?.next(), { done: false, value: i });
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(noted.asked, 8);
    await stream?.next();
    await until(() => noted.asked === 12, { what: 'the items of a credit' });
    abort.abort();
    assert.equal((await held).code, 'ERR_RPC_CANCELLED');
    await until(() => noted.ended === 1, { what: 'the end of the source' });
  });

  it('runs its source in the context of the caller', async (t) => {
    const served = await serve(t, { sum });
    const { calls } = await call(t, [served]);
    const store = new AsyncLocalStorage<string>();
    const seen = new Set<string | undefined>();
    async function* source() {
      for (let i = 0; i < 600; i++) {
        seen.add(store.getStore());
        yield 1;
      }
    }
    assert.equal(await store.run('caller', () => calls.sum.with({ stream: source() })(null)), 600);
    assert.deepEqual([...seen], ['caller']);
  });

  it('is over when the method wants no more, and the call goes on', async (t) => {
    let go = (): void => {};
    const service = {
      async first() {
        for await (const item of sent()) if (item === 2) break;
        await new Promise<void>((resolve) => {
          go = resolve;
        });
        return 'enough';
      },
    };
    const served = await serve(t, service);
    const { calls } = await call(t, [served]);
    const { noted, source } = noting();
    const answer = calls.first.with({ stream: source() })(null);
    await until(() => noted.ended === 1, { what: 'the end of the source' });
    go();
    assert.equal(await answer, 'enough');
    assert.equal(noted.ended, 1);
  });

  it('ends its source when the method answers or fails early, and the method gets no further items', async (t) => {
    let stream: AsyncIterableIterator<unknown> | undefined;
    const service = {
      early() {
        stream = sent();
        return 'early';
      },
      async fails() {
        for await (const _ of sent()) throw new RangeError('no');
      },
    };
    const served = await serve(t, service);
    const { calls } = await call(t, [served]);
    const { noted, source } = noting();
    assert.equal(await calls.early.with({ stream: source() })(null), 'early');
    await until(() => noted.ended === 1, { what: 'the end of the source' });
    assert.equal((await failure((stream as AsyncIterableIterator<unknown>).next())).code, 'ERR_RPC_CLOSED');
    assert.deepEqual(await stream?.next(), { done: true, value: undefined });
    const error = await failure(calls.fails.with({ stream: source() })(null));
    assert.deepEqual([error.code, (error.cause as Error).message], ['ERR_RPC_REMOTE', 'no']);
    await until(() => noted.ended === 2, { what: 'the end of the source' });
  });

  it('that fails ends the call with the error, and the method is notified', async (t) => {
    const seen: unknown[] = [];
    const service = {
      async list() {
        try {
          for await (const item of sent()) seen.push(item);
        } catch (error) {
          seen.push((error as { code: string }).code);
        }
      },
    };
    const served = await serve(t, service);
    const { calls } = await call(t, [served]);
    async function* source(at: number) {
      yield* numbers(at);
      throw new RangeError('disk');
    }
    for (const at of [0, 2]) {
      const error = await failure(calls.list.with({ stream: source(at) })(null));
      assert.deepEqual(
        [error.code, error.delivery, (error.cause as Error).message],
        ['ERR_RPC_UPLOAD', 'unknown', 'disk'],
      );
      assert.match(error.message, /list on test-1: the source of its stream failed: disk/);
      await until(() => seen.at(-1) === 'ERR_RPC_CANCELLED', { what: 'the notice of the method' });
      assert.equal(seen.splice(0).includes(3), false);
    }
  });

  it('may have run where the source fails, in a failure mode that tries again too', async (t) => {
    const served = await serve(t, { sum });
    const { calls } = await call(t, [served], { failMode: 'failover' });
    async function* source() {
      yield 1;
      throw new RangeError('disk');
    }
    const error = await failure(calls.sum.with({ stream: source() })(null));
    assert.deepEqual([error.code, error.delivery], ['ERR_RPC_UPLOAD', 'unknown']);
  });

  it('with an item that cannot be sent ends the call with the reason, and the source', async (t) => {
    const served = await serve(t, { sum });
    const { calls } = await call(t, [served]);
    let ended = 0;
    async function* source() {
      try {
        yield 1;
        yield () => {};
      } finally {
        ended++;
      }
    }
    const error = await failure(calls.sum.with({ stream: source() })(null));
    assert.deepEqual([error.code, ended], ['ERR_RPC_ENCODE', 1]);
    assert.match(error.message, /an item of its stream cannot be sent: /);
  });

  it('ends with the deadline, at both ends', async (t) => {
    const seen: unknown[] = [];
    const service = {
      async list() {
        try {
          for await (const item of sent()) seen.push(item);
        } catch (error) {
          seen.push((error as { code: string }).code);
        }
      },
    };
    const served = await serve(t, service);
    const { calls } = await call(t, [served]);
    let ended = 0;
    const source = {
      next: () => new Promise<never>(() => {}),
      return: async () => ({ done: true as const, value: ++ended }),
      [Symbol.asyncIterator]() {
        return this;
      },
    };
    await calls.list.with({ stream: numbers(0) })(null); // connects
    const error = await failure(calls.list.with({ stream: source, timeout: 200 })(null));
    assert.deepEqual([error.code, error.delivery, ended], ['ERR_RPC_TIMEOUT', 'unknown', 1]);
    await until(() => seen.length > 0, { what: 'the notice of the method' });
    assert.match(String(seen), /^ERR_RPC_(TIMEOUT|CANCELLED)$/);
  });

  it('ends when the connection is lost, and when the server stops, at both ends', async (t) => {
    for (const force of [true, false]) {
      const seen: unknown[] = [];
      const service = {
        async list() {
          try {
            for await (const item of sent()) seen.push(item);
          } catch (error) {
            seen.push((error as { code: string }).code);
          }
        },
      };
      const served = await serve(t, service, { drainTimeout: 50 });
      const { calls } = await call(t, [served]);
      const { noted, source } = noting();
      const answer = failure(calls.list.with({ stream: source() })(null));
      await until(() => seen.length > 300, { what: 'items' });
      await served.server.stop(force);
      const error = await answer;
      assert.ok(['ERR_RPC_CONNECTION_LOST', 'ERR_RPC_STOPPING'].includes(error.code), error.code);
      await until(() => noted.ended === 1, { what: 'the end of the source' });
      await until(() => typeof seen.at(-1) === 'string', { what: 'the notice of the method' });
    }
  });

  it('is not asked for an item by a call that is not sent, and leaves a generator as it is', async (t) => {
    const { calls } = await call(t, []);
    const source = numbers(2);
    const error = await failure(calls.sum.with({ stream: source })(null));
    assert.equal(error.delivery, 'not-sent');
    assert.deepEqual(await collect(source), [1, 2]);
    const readable = Readable.from([1]);
    await failure(calls.sum.with({ stream: readable })(null));
    assert.equal(readable.destroyed, true);
  });

  it('goes to another server while none of its items was taken, and to no other afterwards', async (t) => {
    const first = await serve(t, { sum }, { id: 'test-1' });
    const second = await serve(t, { sum }, { id: 'test-2' });
    await first.server.stop(true);
    const options = { failMode: 'failover', idempotent: true } as const;
    const { calls } = await call(t, [first, second], { ...options, connectTimeout: 500 });
    for (let i = 0; i < 4; i++) assert.equal(await calls.sum.with({ stream: numbers(3) })(null), 6);
    const third = await serve(
      t,
      {
        async sum() {
          await sent().next();
          await third.server.stop(true);
        },
      },
      { id: 'test-3' },
    );
    const { calls: others } = await call(t, [third, second], { ...options, router: () => 'test-3' } as never);
    const error = await failure(others.sum.with({ stream: numbers(3) })(null));
    assert.equal(error.code, 'ERR_RPC_CONNECTION_LOST');
    assert.match(error.message, /not tried again: an item of its stream was taken from the source/);
  });

  it('is refused where no one method reads it', async (t) => {
    const served = await serve(t, { sum });
    const { calls } = await call(t, [served]);
    const method = calls.sum.with({ stream: numbers(1) });
    const errors = [
      await failure(method.toServer('*')),
      await failure(method.broadcast()),
      await failure(method.oneway(null)),
      await failure(calls.sum.with({ stream: numbers(1), failMode: 'failback' })(null)),
    ];
    for (const { code, delivery } of errors)
      assert.deepEqual([code, delivery], ['ERR_RPC_INVALID_ARGUMENT', 'not-sent']);
    assert.match(
      errors[0]?.message ?? '',
      /a call of all servers cannot send a stream; call one server, and wait for its answer/,
    );
    assert.match(errors[2]?.message ?? '', /a one-way call cannot send a stream/);
    assert.throws(() => calls.sum.with({ stream: [1] as never }), {
      code: 'ERR_RPC_INVALID_ARGUMENT',
      message: /stream must be an AsyncIterable, such as an async generator, or a ReadableStream/,
    });
  });
});
