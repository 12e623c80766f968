import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { describe, it } from 'node:test';
import { type } from 'arktype';
import * as v from 'valibot';
import { z } from 'zod';
import { callContext } from '../../lib/call-context.js';
import { checked } from '../../lib/service/checked.js';
import { until } from '../support/until.js';
import { call, failure, serve } from './support.js';

async function collect(stream: AsyncIterable<unknown>): Promise<unknown[]> {
  const items: unknown[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

/** A generator that notes that it has begun and how it ends. */
function noting(...items: unknown[]) {
  const noted: string[] = [];
  return {
    noted,
    async *source() {
      noted.push('begun');
      try {
        yield* items;
        return 'all';
      } finally {
        noted.push('finally');
      }
    },
  };
}

const LIBRARIES = {
  zod: z.object({ id: z.number() }),
  valibot: v.object({ id: v.number() }),
  arktype: type({ '+': 'delete', id: 'number' }),
};

describe('a checked method that streams', () => {
  for (const [library, row] of Object.entries(LIBRARIES)) {
    it(`sends each item as the schema of ${library} has made it, and what the generator returns`, async (t) => {
      const { source } = noting({ id: 1, secret: 's' }, { id: 2, secret: 's' });
      const rows = checked({ args: [], returns: row }, source as () => AsyncGenerator<{ id: number }, string>);
      const { calls } = await call(t, [await serve(t, { rows })]);
      const stream = calls.rows.stream(null);
      assert.deepEqual(
        [await stream.next(), await stream.next(), await stream.next()],
        [
          { done: false, value: { id: 1 } },
          { done: false, value: { id: 2 } },
          { done: true, value: 'all' },
        ],
      );
    });
  }

  it('ends at an item that does not fit: the caller learns nothing of the item, and the log has the reason', async (t) => {
    const { noted, source } = noting(1, 2, 'a secret text', 4);
    const failed: string[] = [];
    const rows = checked({ args: [], returns: z.number() }, source as () => AsyncGenerator<number>);
    const served = await serve(t, { rows });
    served.server.on('callFailed', ({ error }) => void failed.push(error.message));
    const { calls } = await call(t, [served]);
    const stream = calls.rows.stream(null);
    assert.deepEqual([(await stream.next()).value, (await stream.next()).value], [1, 2]);
    const error = await failure(stream.next());
    assert.deepEqual([error.code, error.delivery, error.delivered], ['ERR_RPC_REMOTE', 'answered', 2]);
    assert.match(error.message, /an item of the stream does not fit the schema that the server has for it/);
    assert.doesNotMatch(`${error.message} ${(error.cause as Error).message}`, /secret|expected/);
    assert.deepEqual(await stream.next(), { done: true, value: undefined });
    await until(() => noted.includes('finally'), { what: 'the finally' });
    assert.deepEqual(noted, ['begun', 'finally']);
    assert.match(served.log.join('\n'), /item 2 of user\.service\.rows does not fit its schema: .*expected number/);
    assert.equal(failed.length, 1);
    assert.match(String(failed), /item 2 of user\.service\.rows/);
  });

  it('ends at a schema that fails, and not with the fault of the caller', async (t) => {
    const { noted, source } = noting(1);
    const broken = { '~standard': { version: 1, vendor: 'test', validate: () => assert.fail('a bug') } } as const;
    const rows = checked({ args: [], returns: broken }, source);
    const served = await serve(t, { rows });
    const { calls } = await call(t, [served]);
    const error = await failure(calls.rows.stream(null).next());
    assert.deepEqual([error.code, error.delivered], ['ERR_RPC_REMOTE', 0]);
    assert.match(
      served.log.join('\n'),
      /item 0 of user\.service\.rows could not be checked: the schema at position 0 failed/,
    );
    await until(() => noted.length === 2, { what: 'the finally' });
  });

  it('checks the arguments before the generator begins, and tells the reader the issues', async (t) => {
    const { noted, source } = noting(1);
    const rows = checked({ args: [z.string(), z.number().default(3)] }, async function* (room, limit) {
      yield [room, limit];
      yield* source();
    });
    const { calls } = await call(t, [await serve(t, { rows })]);
    const error = await failure(calls.rows.stream(null, 'lobby', 'x').next());
    assert.deepEqual([error.code, error.delivery, error.delivered], ['ERR_RPC_VALIDATION', 'answered', 0]);
    assert.deepEqual(
      error.issues?.map(({ path }) => path),
      [[1]],
    );
    assert.deepEqual(noted, []);
    assert.deepEqual(await collect(calls.rows.stream(null, 'lobby')), [['lobby', 3], 1]);
  });

  it('checks asynchronously, in order, within the context of the call, and every kind of source', async (t) => {
    const later = z.number().transform(async (n) => {
      await new Promise((resolve) => setTimeout(resolve, n % 2 === 0 ? 3 : 0));
      return n * 10;
    });
    const options = { args: [z.string().refine(async () => true)], returns: later } as const;
    const seen: unknown[] = [];
    const generator = checked(options, async function* () {
      for (const item of [1, 2, 3]) {
        seen.push(callContext()?.meta);
        yield item;
      }
    });
    const readable = checked(options, () => Readable.from([1, 2, 3]));
    const promised = checked(options, async () => Readable.from([1, 2, 3]));
    const web = checked(options, () => ReadableStream.from([1, 2, 3]) as ReadableStream<number>);
    const { calls } = await call(t, [await serve(t, { generator, readable, promised, web })]);
    for (const name of ['generator', 'readable', 'promised', 'web'])
      assert.deepEqual(await collect(calls[name].with({ meta: 'm' }).stream(null, 'a')), [10, 20, 30], name);
    assert.deepEqual(seen, ['m', 'm', 'm']);
  });

  it('ends its source when the reader leaves, and names .stream to a plain call', async (t) => {
    const { noted, source } = noting(...Array(1_000).keys());
    const rows = checked({ args: [], returns: z.number() }, source as () => AsyncGenerator<number>);
    let destroyed = 0;
    const readable = checked({ args: [], returns: z.number() }, () =>
      Readable.from([1]).on('close', () => void destroyed++),
    );
    const { calls } = await call(t, [await serve(t, { rows, readable })]);
    for await (const item of calls.rows.stream(null)) if (item === 3) break;
    await until(() => noted.length === 2, { what: 'the finally' });
    for (const name of ['rows', 'readable']) {
      const error = await failure(calls[name](null));
      assert.deepEqual([error.code, error.delivery], ['ERR_RPC_NEEDS_STREAM', 'answered']);
    }
    assert.deepEqual(noted, ['begun', 'finally']);
    await until(() => destroyed === 1, { what: 'the end of the Readable' });
  });

  it('checks in a direct call too, which gets the reason', async () => {
    const { noted, source } = noting(1, 'x', 3);
    const rows = checked({ args: [z.string()], returns: z.number() }, source as () => AsyncGenerator<number, string>);
    const items: number[] = [];
    await assert.rejects(
      async () => {
        for await (const item of rows('a')) items.push(item);
      },
      { message: /^item 1 of source does not fit its schema/ },
    );
    assert.deepEqual([items, noted], [[1], ['begun', 'finally']]);
    assert.throws(() => rows(1 as never), { code: 'ERR_RPC_VALIDATION' });
    const left = rows('a');
    await left.next();
    assert.deepEqual(await left.return('mine'), { done: true, value: 'mine' });
    assert.deepEqual(noted, ['begun', 'finally', 'begun', 'finally']);
  });
});
