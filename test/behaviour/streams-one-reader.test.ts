import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { callContext } from '../../lib/call-context.js';
import { call, failure, serve } from './support.js';

async function* count(to: number): AsyncGenerator<number, string> {
  for (let i = 1; i <= to; i++) yield i;
  return 'counted';
}

async function collect(stream: AsyncIterable<unknown>): Promise<unknown[]> {
  const items: unknown[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

const REFUSED = { name: 'RpcError', code: 'ERR_RPC_INVALID_ARGUMENT' };

describe('the one reader of a stream', () => {
  it('is the first of for await, toReadable and toWeb: a second one is refused by name', async (t) => {
    const { calls } = await call(t, [await serve(t, { count })]);
    const firsts = { 'for await': Symbol.asyncIterator, 'toReadable()': 'toReadable', 'toWeb()': 'toWeb' } as const;
    for (const [first, begin] of Object.entries(firsts)) {
      const stream = calls.count.stream(null, 3);
      const items = stream[begin]();
      const message = (second: string) =>
        `${second} of a stream that ${first} has taken already: a stream has one reader`;
      assert.throws(() => stream.toReadable(), { ...REFUSED, message: message('toReadable()') });
      assert.throws(() => stream.toWeb(), { ...REFUSED, message: message('toWeb()') });
      assert.equal((await failure(collect(stream))).message, message('for await'));
      assert.deepEqual(await collect(items as AsyncIterable<unknown>), [1, 2, 3], 'the first one has all items');
    }
  });

  it('may read single items before, and go on with its own iterator in another loop', async (t) => {
    const { calls } = await call(t, [await serve(t, { count })]);
    const stream = calls.count.stream(null, 3);
    assert.equal((await stream.next()).value, 1);
    assert.deepEqual(await collect(stream), [2, 3]);
    const iterator = calls.count.stream(null, 3)[Symbol.asyncIterator]();
    assert.equal((await iterator.next()).value, 1);
    assert.deepEqual(await collect(iterator), [2, 3]);
  });

  it('has ended the stream with its break', async (t) => {
    const { calls } = await call(t, [await serve(t, { count })]);
    const stream = calls.count.stream(null, 3);
    for await (const item of stream) if (item === 1) break;
    assert.deepEqual(await stream.next(), { done: true, value: undefined });
    assert.equal((await failure(collect(stream))).code, 'ERR_RPC_INVALID_ARGUMENT');
  });

  it('is one at the server too', async (t) => {
    async function sum() {
      const { stream } = callContext() as { stream: AsyncIterableIterator<number> };
      const first = (await stream.next()).value;
      return [first, await collect(stream), (await failure(collect(stream))).code];
    }
    const { calls } = await call(t, [await serve(t, { sum })]);
    assert.deepEqual(await calls.sum.with({ stream: count(3) })(null), [1, [2, 3], 'ERR_RPC_INVALID_ARGUMENT']);
  });
});
