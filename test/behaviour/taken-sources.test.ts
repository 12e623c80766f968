import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
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

describe('a source that can be read once', () => {
  const service = {
    async list() {
      return collect((callContext() as { stream: AsyncIterable<unknown> }).stream);
    },
    async *echo() {
      yield* (callContext() as { stream: AsyncIterable<unknown> }).stream;
    },
  };

  it('belongs to one call, and is refused to the next ones', async (t) => {
    const { calls } = await call(t, [await serve(t, service)]);
    const web = new ReadableStream({
      start(controller) {
        for (const item of [1, 2]) controller.enqueue(item);
        controller.close();
      },
    });
    for (const stream of [count(2), Readable.from([1, 2]), web]) {
      const list = calls.list.with({ stream });
      const first = list(null);
      const whileItRuns = await failure(list(null));
      assert.deepEqual(await first, [1, 2], 'the first call keeps the source');
      const behind = await failure(calls.echo.with({ stream }).stream(null).next());
      const toCallback = await new Promise<{ code: string }>((resolve) => list(null, resolve));
      for (const error of [whileItRuns, behind])
        assert.deepEqual([error.code, error.delivery], ['ERR_RPC_INVALID_ARGUMENT', 'not-sent']);
      assert.equal(toCallback.code, 'ERR_RPC_INVALID_ARGUMENT');
      assert.match(whileItRuns.message, /user\.service\.list: the source of its stream was given to another call/);
    }
  });

  it('is as good as new where the first call failed before it asked for an item', async (t) => {
    const { calls } = await call(t, [await serve(t, service)]);
    const list = calls.list.with({ stream: count(2) });
    assert.equal((await failure(list.toServer('nobody'))).code, 'ERR_RPC_NO_SERVER');
    assert.deepEqual(await list(null), [1, 2]);
  });

  it('is no iterable that begins anew each time', async (t) => {
    const { calls } = await call(t, [await serve(t, service)]);
    const list = calls.list.with({ stream: { [Symbol.asyncIterator]: () => count(2) } });
    assert.deepEqual(
      [await list(null), await list(null)],
      [
        [1, 2],
        [1, 2],
      ],
    );
  });
});
