import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { callContext } from '../../lib/call-context.js';
import { until } from '../support/until.js';
import { call, failure, serve } from './support.js';

async function* nulls(): AsyncGenerator<number | null> {
  yield 1;
  yield null;
}

/** Yields so many items, and waits for what never comes. */
async function* stalls(items: number): AsyncGenerator<number> {
  for (let i = 1; i <= items; i++) yield i;
  await new Promise(() => {});
}

describe('the text of an error of a stream', () => {
  it('says after how many items the signal has aborted', async (t) => {
    const { calls } = await call(t, [await serve(t, { stalls })]);
    for (const [items, text] of [
      [1, 'cancelled after 1 item'],
      [3, 'cancelled after 3 items'],
    ] as const) {
      const controller = new AbortController();
      const stream = calls.stalls.with({ signal: controller.signal }).stream(null, items);
      for (let i = 1; i <= items; i++) await stream.next();
      controller.abort();
      assert.equal((await failure(stream.next())).message, `user.service.stalls on test-1: ${text}`);
    }
  });

  it('advises toWeb() where a Readable cannot hold an item', async (t) => {
    const { calls } = await call(t, [await serve(t, { nulls })]);
    const readable: Readable = calls.nulls.stream(null).toReadable();
    const error = await failure(readable.toArray());
    assert.deepEqual(
      [error.code, error.method, error.delivered],
      ['ERR_RPC_INVALID_ARGUMENT', 'user.service.nulls', 2],
    );
    assert.match(error.message, /user\.service\.nulls on test-1: an item is null, .*toWeb\(\)/);
  });

  it('advises with({ stream }) where a stream is among the arguments', async (t) => {
    const { calls } = await call(t, [await serve(t, { f() {} })]);
    await calls.f(null); // connects
    for (const stream of [new ReadableStream(), Readable.from([1]), nulls()]) {
      const error = await failure(calls.f(null, stream));
      assert.deepEqual([error.code, error.delivery], ['ERR_RPC_ENCODE', 'not-sent']);
      assert.match(
        error.message,
        /; a stream is sent beside the arguments: method\.with\(\{ stream: source \}\)\(\.\.\.\)$/,
      );
    }
    assert.doesNotMatch((await failure(calls.f(null, Symbol('s')))).message, /with\(/);
  });
});

describe('a generator whose wait is given up when its reader leaves', () => {
  it('is no line in the log of the server', async (t) => {
    let ends = 0;
    const service = {
      async *waits() {
        const { signal } = callContext() as { signal: AbortSignal };
        try {
          for (let i = 1; ; i++) {
            yield i;
            await sleep(60_000, undefined, { signal });
          }
        } finally {
          ends += 1;
        }
      },
    };
    const served = await serve(t, service);
    let over = 0;
    served.server.on('callEnded', () => {
      over += 1;
    });
    const { calls } = await call(t, [served]);
    const stream = calls.waits.stream(null);
    await stream.next();
    void stream.next();
    await stream.return();
    await until(() => ends === 1 && over === 1, { what: 'the end of the generator' });
    await served.server.stop(true);
    assert.deepEqual(
      served.log.filter((line) => line.includes('waits')),
      [],
    );
  });
});
