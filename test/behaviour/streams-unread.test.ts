import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import type { ResultStream } from '../../lib/call/result-stream.js';
import { callContext } from '../../lib/call-context.js';
import type { RpcError } from '../../lib/errors.js';
import { expectNoLeaks } from '../support/leaks.js';
import { until } from '../support/until.js';
import { call, failure, serve } from './support.js';

async function* count(to: number): AsyncGenerator<number, string> {
  for (let i = 1; i <= to; i++) yield i;
  return 'counted';
}

async function* fails(to: number): AsyncGenerator<number> {
  yield* count(to);
  throw new Error('no more');
}

/** A client, and a function that resolves when so many streams of it are over, and their items have arrived. */
async function caller(t: TestContext, methods: Record<string, unknown> = {}, options = {}) {
  const served = await serve(t, { count, fails, ...methods }, options);
  const { calls, client } = await call(t, [served]);
  let over = 0;
  client.after(() => {
    over += 1;
  });
  const arrived = async (streams = 1): Promise<void> => {
    await until(() => over >= streams, { what: 'the ends of the streams' });
    await setImmediate();
  };
  return { calls, client, arrived };
}

async function read(stream: ResultStream, items: number): Promise<void> {
  for (let i = 1; i <= items; i++) assert.deepEqual(await stream.next(), { done: false, value: i });
}

async function assertEnds(stream: ResultStream, { code, delivered, text }: Record<string, unknown>): Promise<RpcError> {
  const error = await failure(stream.next());
  assert.deepEqual([error.code, error.delivered, error.delivery], [code, delivered, 'answered']);
  assert.match(error.message, text as RegExp);
  assert.deepEqual(await stream.next(), { done: true, value: undefined });
  return error;
}

describe('items that have all arrived and wait for their reader', () => {
  it('are dropped when the signal aborts, and the reader gets the one error', async (t) => {
    expectNoLeaks(t);
    const { calls, arrived } = await caller(t);
    const { signal, abort } = abortable();
    const streams = [calls.count.with({ signal }).stream(null, 20), calls.fails.with({ signal }).stream(null, 20)];
    for (const stream of streams) await read(stream, 5);
    const late = calls.count.with({ signal }).stream(null, 3); // of which nothing is read before
    await arrived(3);
    abort(new Error('enough'));
    const text = /: cancelled after 5 of the 20 items that had arrived/;
    for (const stream of streams) {
      const error = await assertEnds(stream, { code: 'ERR_RPC_CANCELLED', delivered: 5, text });
      assert.equal((error.cause as Error).message, 'enough');
    }
    await assertEnds(late, { code: 'ERR_RPC_CANCELLED', delivered: 0, text: /after 0 of the 3 items/ });
  });

  it('are dropped when the time of the whole stream is over', async (t) => {
    const { calls, arrived } = await caller(t);
    const bounded = calls.count.with({ timeout: 2_000 });
    const stream = bounded.stream(null, 20);
    const finished = bounded.stream(null, 1);
    const unbounded = calls.count.stream(null, 2);
    await Promise.all([read(stream, 2), read(finished, 1)]);
    await arrived(3);
    await sleep(2_000);
    const text = /the stream was not read to its end in 2000 ms, but 2 of the 20 items that had arrived/;
    await assertEnds(stream, { code: 'ERR_RPC_TIMEOUT', delivered: 2, text });
    assert.deepEqual(await finished.next(), { done: true, value: 'counted' }, 'no item of it waited');
    await read(unbounded, 2);
  });

  it('are dropped when the call is cancelled that the stream is a part of', async (t) => {
    const inner = await caller(t);
    let isReading = false;
    let end: Promise<RpcError> | undefined;
    const relaying = {
      async relays() {
        const { signal } = callContext() as { signal: AbortSignal };
        const stream = inner.calls.count.stream(null, 20);
        await read(stream, 5);
        await inner.arrived();
        isReading = true;
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        const text = /cancelled after 5 of the 20 items/;
        end = assertEnds(stream, { code: 'ERR_RPC_CANCELLED', delivered: 5, text });
      },
    };
    const outer = await caller(t, relaying, { asyncContext: true });
    const { signal, abort } = abortable();
    const cancelled = failure(outer.calls.relays.with({ signal })(null));
    await until(() => isReading, { what: 'the reading of the inner stream' });
    abort();
    assert.equal((await cancelled).code, 'ERR_RPC_CANCELLED');
    await until(() => end !== undefined, { what: 'the end of the inner stream' });
    await end;
  });

  it('are left to the reader when the client stops, with the end behind them', async (t) => {
    const { calls, client, arrived } = await caller(t);
    const stream = calls.count.stream(null, 3);
    await arrived();
    await client.stop(true);
    await read(stream, 3);
    assert.deepEqual(await stream.next(), { done: true, value: 'counted' });
  });

  it('give an abort nothing to drop when the last one was read, and leave nothing on the signal', async (t) => {
    const { calls, arrived } = await caller(t);
    const { signal, abort } = abortable();
    const stream = calls.count.with({ signal }).stream(null, 3);
    await read(stream, 3);
    await arrived();
    abort();
    assert.deepEqual(await stream.next(), { done: true, value: 'counted' });
  });
});

function abortable() {
  const controller = new AbortController();
  return { signal: controller.signal, abort: (reason?: Error) => controller.abort(reason) };
}
