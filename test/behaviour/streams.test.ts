import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { describe, it } from 'node:test';
import type { ResultStream } from '../../lib/call/result-stream.js';
import { callContext } from '../../lib/call-context.js';
import type { RpcError } from '../../lib/errors.js';
import { expectNoLeaks } from '../support/leaks.js';
import { until } from '../support/until.js';
import { call, failure, makeGate, overTransports, serve } from './support.js';

async function* count(to: number): AsyncGenerator<number, string> {
  for (let i = 1; i <= to; i++) yield i;
  return 'counted';
}

/** A generator that notes how it ends. */
function noting() {
  const ends: string[] = [];
  return {
    ends,
    async *endless(start = 0) {
      try {
        for (let i = start; ; i++) yield i;
      } finally {
        ends.push('finally');
      }
    },
  };
}

async function collect(stream: AsyncIterable<unknown>): Promise<unknown[]> {
  const items: unknown[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

describe('a stream of results', () => {
  overTransports((transport) => {
    it('brings the items of an async generator in order, each once, and what it returns', async (t) => {
      expectNoLeaks(t);
      const served = await serve(t, { count }, { transport });
      const { calls } = await call(t, [served]);
      assert.deepEqual(await collect(calls.count.stream(null, 5)), [1, 2, 3, 4, 5]);
      const many = await collect(calls.count.stream(null, 3_000));
      assert.deepEqual(
        many,
        [...Array(3_000).keys()].map((i) => i + 1),
      );
      const stream = calls.count.stream(null, 1);
      assert.deepEqual(
        [await stream.next(), await stream.next(), await stream.next()],
        [
          { done: false, value: 1 },
          { done: true, value: 'counted' },
          { done: true, value: undefined },
        ],
      );
    });
  });

  it('comes from every kind of source that a method returns, also behind a promise', async (t) => {
    const service = {
      iterable: () => ({ [Symbol.asyncIterator]: () => count(2) }),
      promised: async () => count(2),
      readable: () => Readable.from([1, 2]),
      web: () =>
        new ReadableStream({
          start: (c) => {
            c.enqueue(1);
            c.enqueue(2);
            c.close();
          },
        }),
    };
    const served = await serve(t, service);
    const { calls } = await call(t, [served]);
    for (const name of Object.keys(service)) assert.deepEqual(await collect(calls[name].stream(null)), [1, 2], name);
  });

  it('is read through a Readable of Node and through a ReadableStream of the web', async (t) => {
    const served = await serve(t, { count });
    const { calls } = await call(t, [served]);
    assert.deepEqual(await collect(calls.count.stream(null, 3).toReadable()), [1, 2, 3]);
    assert.deepEqual(await collect(calls.count.stream(null, 3).toWeb()), [1, 2, 3]);
  });

  it('goes where its call is told to go, with the options of the call', async (t) => {
    const service = {
      async *where(name: string) {
        yield [callContext()?.meta, name];
      },
    };
    const [one, two] = [await serve(t, service, { id: 'test-1' }), await serve(t, service, { id: 'test-2' })];
    const { calls } = await call(t, [one, two]);
    const { stream } = calls.where;
    const wanted = [[undefined, 'a']];
    assert.deepEqual(await collect(stream.toServer('test-2', 'a')), wanted);
    assert.deepEqual(await collect(stream.to('test-1')('a')), wanted);
    assert.deepEqual(await collect(stream.route(7)('a')), wanted);
    assert.deepEqual(await collect(stream.defaultRoute('a')), wanted);
    assert.deepEqual(await collect(stream.with({ meta: 'm' })(null, 'a')), [['m', 'a']]);
    assert.deepEqual(await collect(calls.where.with({ meta: 'm' }).stream(null, 'a')), [['m', 'a']]);
    const error = await failure(stream.toServer('*', 'a').next());
    assert.deepEqual([error.code, error.delivery, error.delivered], ['ERR_RPC_INVALID_ARGUMENT', 'not-sent', 0]);
    assert.match(error.message, /a stream comes from one server/);
  });

  it('asks the generator for no more than was read and a window', async (t) => {
    let yielded = 0;
    const service = {
      async *numbers() {
        for (;;) yield yielded++;
      },
    };
    const served = await serve(t, service);
    const { calls } = await call(t, [served]);
    const stream = calls.numbers.stream(null);
    await until(() => yielded >= 256, { what: 'a window of items' });
    for (let i = 0; i < 100; i++) await stream.next();
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(yielded, 256);
    for (let i = 0; i < 50; i++) await stream.next();
    await until(() => yielded > 256, { what: 'further items' });
    assert.ok(yielded <= 256 + 150, `${yielded}`);
    await stream.return();
  });

  it('is one of many with large items, which together are more than the connection may hold', async (t) => {
    const service = {
      async *large(to: number) {
        for (let i = 0; i < to; i++) yield Buffer.alloc(60_000, i);
      },
    };
    const served = await serve(t, service);
    const { calls } = await call(t, [served], { streamWindow: { total: 1024 * 1024 } });
    const read = async () => (await collect(calls.large.stream(null, 6))).map((item) => (item as Buffer)[0]);
    // One item of each stream is less than half of its own window.
    const all = await Promise.all([...Array(60)].map(read));
    for (const items of all) assert.deepEqual(items, [0, 1, 2, 3, 4, 5]);
  });

  it('does not hold up calls and other streams while its reader does not read', async (t) => {
    const served = await serve(t, { ...noting(), count, add: (a: number, b: number) => a + b });
    const { calls } = await call(t, [served]);
    const slow = [...Array(40)].map(() => calls.endless.stream(null));
    assert.equal(await calls.add(null, 1, 2), 3);
    assert.equal((await collect(calls.count.stream(null, 1_000))).length, 1_000);
    for (const stream of slow) await stream.return();
  });
});

describe('the end of a stream', () => {
  it('runs the finally of the generator once, and at once, when the reader breaks', async (t) => {
    expectNoLeaks(t);
    const { ends, endless } = noting();
    const served = await serve(t, { endless });
    const { calls } = await call(t, [served]);
    for await (const item of calls.endless.stream(null)) if (item === 3) break;
    await until(() => ends.length > 0, { what: 'the finally' });
    await calls.endless.stream(null).return();
    const stream = calls.endless.stream(null);
    await stream.next();
    assert.deepEqual(await stream.return('mine'), { done: true, value: 'mine' });
    await assert.rejects(stream.throw(new Error('mine')), { message: 'mine' });
    assert.deepEqual(await stream.next(), { done: true, value: undefined });
    await until(() => ends.length > 1, { what: 'the second finally' });
    assert.deepEqual(ends, ['finally', 'finally']);
  });

  it('comes when the scope of await using is left, also by an error, and a stream that has ended stays so', async (t) => {
    const { ends, endless } = noting();
    const served = await serve(t, { endless, count });
    const { calls } = await call(t, [served]);
    const readTwo = async (fail: boolean): Promise<void> => {
      await using stream = calls.endless.stream(null) as ResultStream<number>;
      await stream.next();
      if (fail) throw new RangeError('mine');
      await stream.next();
    };
    await readTwo(false);
    await until(() => ends.length === 1, { what: 'the finally' });
    await assert.rejects(readTwo(true), { message: 'mine' });
    await until(() => ends.length === 2, { what: 'the second finally' });
    await using ended = calls.count.stream(null, 2) as ResultStream<number>;
    assert.deepEqual(await collect(ended), [1, 2]);
  });

  it('is seen by the finally in the context that was kept at the top, and in callContext() with asyncContext', async (t) => {
    const seen: unknown[] = [];
    const service = {
      async *rows(awaits: boolean) {
        const kept = callContext();
        try {
          yield 1;
          while (!awaits) yield 0;
          await null;
          yield 2;
        } finally {
          seen.push(callContext()?.meta, (kept?.signal.reason as RpcError | undefined)?.code);
          await null;
          seen.push(callContext()?.meta);
        }
      },
    };
    for (const asyncContext of [false, true]) {
      const served = await serve(t, service, { asyncContext });
      const { calls } = await call(t, [served]);
      const later = asyncContext ? 'm' : undefined;
      assert.deepEqual(await collect(calls.rows.with({ meta: 'm' }).stream(null, true)), [1, 2]);
      assert.deepEqual(seen.splice(0), ['m', undefined, later]);
      const stream = calls.rows.with({ meta: 'm' }).stream(null, false);
      await stream.next();
      await stream.return();
      await until(() => seen.length === 3, { what: 'the finally' });
      // JavaScript awaits the value of return() before it enters the finally.
      assert.deepEqual(seen.splice(0), [later, 'ERR_RPC_CANCELLED', later]);
    }
  });

  for (const form of ['toReadable', 'toWeb'] as const) {
    it(`runs the finally when the reader of ${form} leaves early`, async (t) => {
      const { ends, endless } = noting();
      const served = await serve(t, { endless });
      const { calls } = await call(t, [served]);
      for await (const item of (calls.endless.stream(null) as ResultStream)[form]() as AsyncIterable<unknown>)
        if (item === 3) break;
      await until(() => ends.length > 0, { what: 'the finally' });
      assert.deepEqual(ends, ['finally']);
    });
  }

  it('is an error for the reader, once, when the generator throws: before, between and after items', async (t) => {
    const service = {
      async *fails(after: number) {
        for (let i = 0; i < after; i++) yield i;
        throw Object.assign(new Error('no more'), { code: 'E_MORE' });
      },
    };
    const served = await serve(t, service);
    const { calls } = await call(t, [served]);
    for (const after of [0, 1, 300]) {
      const stream = calls.fails.stream(null, after);
      for (let i = 0; i < after; i++) assert.deepEqual(await stream.next(), { done: false, value: i });
      const error = await failure(stream.next());
      assert.deepEqual([error.code, error.delivery, error.delivered], ['ERR_RPC_REMOTE', 'answered', after]);
      assert.equal((error.cause as { code?: unknown }).code, 'E_MORE');
      assert.deepEqual(await stream.next(), { done: true, value: undefined });
    }
  });

  it('is an error when an item cannot be carried, and the generator ends', async (t) => {
    const ends: string[] = [];
    const service = {
      async *odd() {
        try {
          yield 1;
          yield () => {};
          yield 3;
        } finally {
          ends.push('finally');
        }
      },
    };
    const served = await serve(t, service);
    const { calls } = await call(t, [served]);
    const stream = calls.odd.stream(null);
    await stream.next();
    const error = await failure(stream.next());
    assert.deepEqual([error.code, error.delivered, ends], ['ERR_RPC_ENCODE', 1, ['finally']]);
    assert.match(error.message, /an item of the stream cannot be sent: item is a function/);
    assert.match(
      served.log.join('\n'),
      /cannot go on with user\.service\.odd for 127\.0\.0\.1:\d+: an item of the stream/,
    );
  });

  it('is an error at once when the signal of the call aborts, and the generator ends', async (t) => {
    const { ends, endless } = noting();
    const served = await serve(t, { endless });
    const { calls, client } = await call(t, [served]);
    const controller = new AbortController();
    const stream = calls.endless.stream.with({ signal: controller.signal })(null);
    await stream.next();
    controller.abort(new Error('enough'));
    const error = await failure(stream.next());
    assert.deepEqual([error.code, error.delivered], ['ERR_RPC_CANCELLED', 1]);
    assert.equal((error.cause as Error).message, 'enough');
    await until(() => ends.length > 0, { what: 'the finally' });
    assert.equal(client.state, 'started');
  });

  it('comes after the items that have arrived when the connection is lost, and the generator ends', async (t) => {
    const { ends, endless } = noting();
    const served = await serve(t, { endless });
    const { calls } = await call(t, [served]);
    const stream = calls.endless.stream(null);
    await stream.next();
    await until(async () => (await stream.next()).value === 10, { what: 'ten items' });
    await served.server.stop(true);
    let last: unknown;
    const error = await failure(
      (async () => {
        for await (const item of stream) last = item;
      })(),
    );
    assert.ok(['ERR_RPC_CONNECTION_LOST', 'ERR_RPC_STOPPING'].includes(error.code), error.code);
    assert.equal(error.delivered, (last as number) + 1);
    await until(() => ends.length > 0, { what: 'the finally' });
    assert.deepEqual(ends, ['finally']);
  });

  it('comes when the client stops, at both ends', async (t) => {
    const { ends, endless } = noting();
    const served = await serve(t, { endless });
    const { calls, client } = await call(t, [served]);
    const stream = calls.endless.stream(null);
    await stream.next();
    await client.stop(true);
    const error = await failure(collect(stream));
    assert.equal(error.code, 'ERR_RPC_CLOSED');
    await until(() => ends.length > 0, { what: 'the finally' });
  });
});

describe('a call that does not fit its method', () => {
  it('names .stream to those who call a stream as a plain call, and the generator does not run', async (t) => {
    let runs = 0;
    const service = {
      async *history() {
        runs += 1;
        yield 1;
      },
      iterable: () => ({ [Symbol.asyncIterator]: () => count(2) }),
    };
    const served = await serve(t, service);
    const { calls } = await call(t, [served]);
    for (const name of Object.keys(service)) {
      const error = await failure(calls[name](null));
      assert.deepEqual([error.code, error.delivery], ['ERR_RPC_NEEDS_STREAM', 'answered']);
      assert.equal(
        error.message,
        `user.service.${name} on test-1: the method answers with a stream; call ${name}.stream(...), and read the items with for await`,
      );
    }
    assert.equal(runs, 0);
  });

  it('ends a stream that a method answers with when its caller has left', async (t) => {
    const gate = makeGate();
    let destroyed = 0;
    const served = await serve(t, {
      readable: async () => {
        callContext();
        await gate.pass();
        return Readable.from([1]).on('close', () => void destroyed++);
      },
    });
    const { calls } = await call(t, [served]);
    const controller = new AbortController();
    const left = failure(calls.readable.with({ signal: controller.signal })(null));
    await gate.arrivals(1);
    controller.abort();
    await left;
    // The server has seen the end when it answers a later call.
    await failure(calls.none(null));
    gate.open();
    await until(() => destroyed === 1, { what: 'the end of the Readable' });
  });

  it('says so to those who ask for a stream of a method that answers with one value', async (t) => {
    const served = await serve(t, { add: (a: number, b: number) => a + b, list: async () => [1, 2] });
    const { calls } = await call(t, [served]);
    for (const stream of [calls.add.stream(null, 1, 2), calls.list.stream(null)]) {
      const error = await failure(stream.next());
      assert.deepEqual([error.code, error.delivery, error.delivered], ['ERR_RPC_NO_STREAM', 'answered', 0]);
      assert.match(error.message, /answers with one value and not with a stream; call the method without \.stream$/);
    }
  });
});
