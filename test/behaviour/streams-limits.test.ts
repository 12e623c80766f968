import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, it } from 'node:test';
import { callContext } from '../../lib/call-context.js';
import { findCause } from '../../lib/errors.js';
import { expectNoLeaks } from '../support/leaks.js';
import { until } from '../support/until.js';
import { call, deferred, failure, makeGate, serve } from './support.js';

/** A service of streams that note how they end. */
function noting() {
  const ends: string[] = [];
  const opened: unknown[] = [];
  return {
    ends,
    opened,
    async *endless(start = 0) {
      opened.push(start);
      try {
        for (let i = start; ; i++) yield i;
      } finally {
        ends.push('finally');
      }
    },
    /** Yields so many items, and then waits for its end. */
    async *stalls(items = 0) {
      const { signal } = callContext() ?? assert.fail();
      opened.push(items);
      const over = deferred();
      signal.addEventListener('abort', () => over.resolve());
      try {
        for (let i = 0; i < items; i++) yield i;
        await over.promise;
      } finally {
        ends.push(`finally ${(signal.reason as { code?: string } | undefined)?.code}`);
      }
    },
  };
}

/** Runs the work with a time for its streams, and with twice the time where the machine was too slow for that. */
async function inTime(work: (ms: number) => Promise<unknown>): Promise<void> {
  for (let ms = 150; ms < 20_000; ms *= 2) if ((await work(ms)) !== 'too slow') return;
  assert.fail('the machine was too slow for any time');
}

async function collect(stream: AsyncIterable<unknown>): Promise<unknown[]> {
  const items: unknown[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

describe('the time of a stream', () => {
  it('is bounded by the timeout of the client up to the first item, and not after it', async (t) => {
    expectNoLeaks(t);
    const { ends, opened, stalls } = noting();
    let gate = makeGate();
    const slow = async function* () {
      yield callContext()?.remaining;
      await gate.pass();
      yield 2;
    };
    const served = await serve(t, { stalls, slow, f() {} });
    await inTime(async (timeout) => {
      ends.length = 0;
      opened.length = 0;
      gate = makeGate();
      const { calls } = await call(t, [served], { timeout });
      await calls.f.with({ timeout: 20_000 })(null); // connects
      const error = await failure(calls.stalls.stream(null).next());
      assert.deepEqual([error.code, error.delivered], ['ERR_RPC_TIMEOUT', 0]);
      const stream = calls.slow.stream(null);
      const first = await stream.next().catch(() => undefined);
      if (opened.length === 0 || first === undefined) return 'too slow';
      assert.equal(error.delivery, 'unknown');
      assert.ok(error.message.includes(`no answer after ${timeout} ms`), error.message);
      await until(() => ends.length > 0, { what: 'the finally' });
      assert.deepEqual(ends, ['finally ERR_RPC_CANCELLED']);
      assert.deepEqual(first, { done: false, value: Number.POSITIVE_INFINITY });
      setTimeout(gate.open, 1.5 * timeout);
      assert.deepEqual(await stream.next(), { done: false, value: 2 });
      return assert.equal((await stream.next()).done, true);
    });
  });

  it('is bounded as a whole where the call says so, also while nobody reads', async (t) => {
    const { ends, opened, stalls, endless } = noting();
    const served = await serve(t, { stalls, endless, f() {} });
    const { calls } = await call(t, [served]);
    await calls.f(null); // connects
    await inTime(async (timeout) => {
      ends.length = 0;
      const stream = calls.stalls.stream.with({ timeout })(null, 2);
      const error = await failure(collect(stream));
      assert.equal(error.code, 'ERR_RPC_TIMEOUT');
      if (error.delivered !== 2) return 'too slow';
      assert.ok(error.message.includes(`the stream has not ended in ${timeout} ms, after 2 items`), error.message);
      return await until(() => ends.length > 0, { what: 'the finally' });
    });
    await inTime(async (timeout) => {
      ends.length = 0;
      opened.length = 0;
      const unread = calls.endless.stream.with({ timeout })(null);
      await new Promise((resolve) => setTimeout(resolve, 2 * timeout)); // nobody reads
      assert.equal((await failure(unread.next())).code, 'ERR_RPC_TIMEOUT');
      if (opened.length === 0) return 'too slow';
      return await until(() => ends.length > 0, { what: 'the end of the stream that is not read' });
    });
  });

  it('is bounded by idleTimeout between items, while the reader waits', async (t) => {
    const { ends, stalls } = noting();
    const served = await serve(t, { stalls });
    const { calls } = await call(t, [served], { streamIdleTimeout: 100 });
    for (const stream of [calls.stalls.stream(null, 3), calls.stalls.stream.with({ idleTimeout: 90 })(null, 3)]) {
      await stream.next();
      await new Promise((resolve) => setTimeout(resolve, 150)); // nobody waits: no time passes
      assert.deepEqual([(await stream.next()).value, (await stream.next()).value], [1, 2]);
      const error = await failure(stream.next());
      assert.deepEqual([error.code, error.delivered], ['ERR_RPC_TIMEOUT', 3]);
      assert.match(error.message, /no further item in (100|90) ms \(idleTimeout\) after 3 items/);
    }
    await until(() => ends.length > 1, { what: 'the ends' });
    assert.deepEqual(ends, ['finally ERR_RPC_CANCELLED', 'finally ERR_RPC_CANCELLED']);
  });

  it('of a call within a call ends with the outer call', async (t) => {
    const { ends, opened, endless } = noting();
    const inner = await serve(t, { endless, f() {} });
    const { calls: within } = await call(t, [inner]);
    await within.f(null); // connects
    const service = {
      f() {},
      async outer() {
        let read = 0;
        for await (const _ of within.endless.stream(null)) read += 1;
        return read;
      },
    };
    const served = await serve(t, service, { asyncContext: true });
    const { calls } = await call(t, [served]);
    await calls.f(null);
    // On a busy machine the failure of the inner stream, which has the same deadline, arrives first.
    assert.ok(findCause(await failure(calls.outer.with({ timeout: 700 })(null)), 'ERR_RPC_TIMEOUT'));
    assert.deepEqual(opened, [0]);
    await until(() => ends.length > 0, { what: 'the finally of the inner stream' });
  });
});

describe('a server that stops', () => {
  it('lets a stream end within drainTimeout, where the stream is', async (t) => {
    const gate = makeGate();
    const service = {
      async *parts() {
        yield 1;
        await gate.pass();
        yield 2;
      },
    };
    const served = await serve(t, service);
    const { calls } = await call(t, [served]);
    const stream = calls.parts.stream(null);
    await stream.next();
    const stopped = served.server.stop();
    await gate.arrivals(1);
    gate.open();
    assert.deepEqual(await collect(stream), [2]);
    await stopped;
  });

  it('ends a stream after drainTimeout with a code, and runs its finally', async (t) => {
    expectNoLeaks(t);
    const { ends, stalls } = noting();
    const served = await serve(t, { stalls }, { drainTimeout: 100 });
    const { calls } = await call(t, [served]);
    const stream = calls.stalls.stream(null, 2);
    await stream.next();
    await served.server.stop();
    assert.deepEqual((await stream.next()).value, 1);
    const error = await failure(stream.next());
    assert.deepEqual([error.code, error.delivered], ['ERR_RPC_STOPPING', 2]);
    await until(() => ends.length > 0, { what: 'the finally' });
    assert.deepEqual(ends, ['finally ERR_RPC_STOPPING']);
  });
});

describe('a stream among the limits of a server', () => {
  it('counts as one call of maxConcurrent until it has ended', async (t) => {
    const { endless } = noting();
    const served = await serve(t, { endless, f: () => 'f' }, { maxConcurrent: 1, maxQueued: 0 });
    const { calls } = await call(t, [served]);
    const stream = calls.endless.stream(null);
    await stream.next();
    const refused = await failure(calls.f(null));
    assert.deepEqual([refused.code, refused.delivery], ['ERR_RPC_OVERLOADED', 'not-sent']);
    const second = await failure(calls.endless.stream(null).next());
    assert.deepEqual([second.code, second.delivered], ['ERR_RPC_OVERLOADED', 0]);
    await stream.return();
    await until(async () => (await calls.f(null).catch(() => '')) === 'f', { what: 'a place' });
  });

  it('is refused beyond maxStreams, and plain calls are not', async (t) => {
    const { endless } = noting();
    const served = await serve(t, { endless, f: () => 'f' }, { maxStreams: 2 });
    const { calls } = await call(t, [served]);
    const open = [calls.endless.stream(null), calls.endless.stream(null)];
    for (const stream of open) await stream.next();
    const error = await failure(calls.endless.stream(null).next());
    assert.deepEqual([error.code, error.delivery], ['ERR_RPC_OVERLOADED', 'not-sent']);
    assert.match(error.message, /this connection has 2 streams open \(maxStreams\)/);
    assert.equal(await calls.f(null), 'f');
    await open[0].return();
    await until(
      async () =>
        !(
          await calls.endless
            .stream(null)
            .next()
            .catch(() => ({ done: true }))
        ).done,
      {
        what: 'room for another stream',
      },
    );
  });

  it('waits in the queue, and is opened when a place is free, unless its reader has left', async (t) => {
    const { ends, opened, endless } = noting();
    const gate = makeGate();
    const served = await serve(t, { endless, f: () => gate.pass() }, { maxConcurrent: 1, maxQueued: 5 });
    const { calls } = await call(t, [served]);
    const running = calls.f(null);
    await gate.arrivals(1);
    const [first, second] = [calls.endless.stream(null, 1), calls.endless.stream(null, 2)];
    await second.return();
    const item = first.next();
    gate.open();
    await running;
    assert.deepEqual(await item, { done: false, value: 1 });
    await first.return();
    await until(() => ends.length > 0, { what: 'the finally' });
    assert.deepEqual(opened, [1]);
  });

  it('gives up the place of a generator that ignores its end, as of any method that does not end', async (t) => {
    const service = {
      async *deaf() {
        yield 1;
        await new Promise(() => {});
      },
      f: () => 'f',
    };
    const served = await serve(t, service, { maxConcurrent: 1, maxQueued: 0 });
    const { calls } = await call(t, [served]);
    const stream = calls.deaf.stream(null);
    await stream.next();
    const left = performance.now();
    await stream.return();
    await until(async () => (await calls.f(null).catch(() => '')) === 'f', { what: 'the place', timeoutMs: 20_000 });
    assert.ok(performance.now() - left < 15_000);
  });
});

describe('a method that never ends', () => {
  it('does not count for good among the streams of its connection', async (t) => {
    const service = {
      async *deaf() {
        yield 1;
        await new Promise(() => {});
      },
      forgets: () => new Promise(() => {}),
      numbers: noting().endless,
    };
    const served = await serve(t, service, { maxStreams: 2 });
    const { calls } = await call(t, [served]);
    const stream = calls.deaf.stream(null);
    await stream.next();
    const upload = failure(calls.forgets.with({ stream: noting().endless(), timeout: 100 })(null));
    assert.equal((await failure(calls.deaf.stream(null).next())).code, 'ERR_RPC_OVERLOADED');
    await stream.return();
    assert.equal((await upload).code, 'ERR_RPC_TIMEOUT');
    const open: { return(): Promise<unknown> }[] = [];
    const opens = async (): Promise<boolean> => {
      const next = calls.numbers.stream(null);
      const { done } = await next.next().catch(() => ({ done: true }));
      if (!done) open.push(next);
      return open.length === 2;
    };
    await until(opens, { what: 'room for two streams' });
    for (const each of open) await each.return();
  });
});

describe('a stream on its way', () => {
  it('passes the before filters at its opening and the after filters at its end', async (t) => {
    const seen: string[] = [];
    const gate = makeGate();
    const served = await serve(t, {
      async *two(first: number) {
        yield first;
        await gate.pass();
        yield 2;
      },
    });
    const { calls, client } = await call(t, [served]);
    client.before((serverId, msg, opts, next) => {
      seen.push(`before ${msg.method}`);
      next(serverId, { ...msg, args: [7] }, opts);
    });
    client.after((serverId, msg, opts, next) => {
      seen.push(`after ${msg.method}`);
      next(serverId, msg, opts);
    });
    const stream = calls.two.stream(null, 1);
    assert.deepEqual((await stream.next()).value, 7);
    assert.deepEqual(seen, ['before two']);
    gate.open();
    assert.deepEqual(await collect(stream), [2]);
    assert.deepEqual(seen, ['before two', 'after two']);
  });

  it('goes to another server before its first item with failover, and not after it', async (t) => {
    const gate = makeGate();
    const service = (id: string) => ({
      async *where(late: boolean) {
        if (!late && id === 'test-1') await gate.pass();
        yield id;
        await new Promise(() => {});
      },
    });
    const servers = await Promise.all(['test-1', 'test-2'].map((id) => serve(t, service(id), { id })));
    const { calls } = await call(t, servers, { router: 'rr' });
    const options = { failMode: 'failover', idempotent: true } as const;
    const moved = calls.where.with(options).stream(null, false);
    await gate.arrivals(1);
    await servers[0]?.server.stop(true);
    assert.deepEqual((await moved.next()).value, 'test-2');
    const started = calls.where.with(options).stream(null, true);
    assert.deepEqual((await started.next()).value, 'test-2');
    await servers[1]?.server.stop(true);
    const error = await failure(started.next());
    assert.match(error.message, /not tried again: items of its stream have arrived/);
    assert.equal(error.delivered, 1);
  });

  it('is refused in the modes that repeat calls in the background or at the same server', async (t) => {
    const { endless } = noting();
    const served = await serve(t, { endless });
    const { calls } = await call(t, [served]);
    for (const failMode of ['failsafe', 'failback']) {
      const error = await failure(calls.endless.with({ failMode }).stream(null).next());
      assert.deepEqual([error.code, error.delivery], ['ERR_RPC_INVALID_ARGUMENT', 'not-sent']);
      assert.match(error.message, new RegExp(`a stream cannot be called in the mode '${failMode}'`));
    }
  });

  it('runs each step in the asynchronous context in which the method was called, and not in that of a wrapper', async (t) => {
    const store = new AsyncLocalStorage<string>();
    async function* rows() {
      yield store.getStore();
      await null;
      yield store.getStore();
    }
    const snapshot = store.run('snapshot', () => AsyncLocalStorage.snapshot());
    const service = {
      wrapped: () => store.run('wrapper', rows),
      async *bound() {
        const source = rows();
        for (;;) {
          const { done, value } = await snapshot(() => source.next());
          if (done === true) return;
          yield value;
        }
      },
    };
    const served = await serve(t, service);
    const { calls } = await call(t, [served]);
    assert.deepEqual(await collect(calls.wrapped.stream(null)), [undefined, undefined]);
    assert.deepEqual(await collect(calls.bound.stream(null)), ['snapshot', 'snapshot']);
  });

  it('sees the context of its call in each step of the generator', async (t) => {
    const service = {
      async *steps() {
        yield callContext()?.method;
        yield callContext()?.meta;
      },
    };
    for (const asyncContext of [false, true]) {
      const served = await serve(t, service, { asyncContext });
      const { calls } = await call(t, [served]);
      const items = await collect(calls.steps.with({ meta: 'm' }).stream(null));
      assert.deepEqual(items, ['user.service.steps', 'm']);
    }
  });
});
