import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../support/until.js';
import { call, failure, serve } from './support.js';

type Done = (error?: unknown, ...results: unknown[]) => void;

const done = (args: unknown[]) => args.at(-1) as Done;

/** Methods that answer in every way there is. */
const service = {
  returns: (a: number, b: number) => a + b,
  resolves: async (a: number, b: number) => a + b,
  throws() {
    throw new Error('thrown');
  },
  rejects: async () => {
    throw new Error('rejected');
  },
  callsBack: (...args: unknown[]) => done(args)(null, 'one', 'two'),
  callsBackLater: (...args: unknown[]) => void setTimeout(done(args), 5, null, 'later'),
  failsBack: (...args: unknown[]) => done(args)(new TypeError('called back')),
  counts: (...args: unknown[]) => done(args)(null, args.length - 1),
  callsTwice: (...args: unknown[]) => {
    done(args)(null, 'first');
    done(args)(null, 'second');
  },
  callsAndThrows: (...args: unknown[]) => {
    done(args)(null, 'first');
    throw new Error('after that');
  },
  plainValue: (..._args: unknown[]) => 'a value that nobody asked for',
  asyncCounts: async (...args: unknown[]) => args.length,
  /** A callback that nothing in the source shows: neither its name nor its call. */
  hidden: (_a: number, k: Done) => k(),
};

describe('a method without callbacks answers by what it returns', () => {
  it('a value, a promise, an exception or a rejection', async (t) => {
    const served = await serve(t, service);
    const { calls } = await call(t, [served]);
    assert.deepEqual([await calls.returns(null, 1, 2), await calls.resolves(null, 1, 2)], [3, 3]);
    const [thrown, rejected] = [await failure(calls.throws(null)), await failure(calls.rejects(null))];
    assert.deepEqual([thrown.code, (thrown.cause as Error).message], ['ERR_RPC_REMOTE', 'thrown']);
    assert.deepEqual([rejected.code, (rejected.cause as Error).message], ['ERR_RPC_REMOTE', 'rejected']);
    assert.equal(await calls.asyncCounts(null, 1, 2, 3), 3, 'nothing is appended');
  });

  it('and one that wants a callback says which option it misses', async (t) => {
    const served = await serve(t, service);
    const { calls } = await call(t, [served]);
    const error = await failure(calls.hidden(null, 1));
    assert.deepEqual([error.code, error.delivery], ['ERR_RPC_NEEDS_CALLBACK', 'answered']);
    assert.match(error.message, /callbacks: true/);
  });
});

describe('a method with callbacks answers through its last argument', () => {
  it('with all results, at once or later, or with an error', async (t) => {
    const served = await serve(t, service, { callbacks: true });
    const { calls } = await call(t, [served]);
    const many = await new Promise<unknown[]>((resolve) =>
      calls.callsBack(null, 1, (...outcome: unknown[]) => resolve(outcome)),
    );
    assert.deepEqual(many, [null, 'one', 'two']);
    assert.equal(await calls.callsBackLater(null), 'later');
    const error = await failure(calls.failsBack(null));
    assert.deepEqual([error.code, (error.cause as Error).name], ['ERR_RPC_REMOTE', 'TypeError']);
    assert.equal(await calls.counts(null, 'a', undefined, 'c'), 3, 'behind exactly the arguments that were sent');
  });

  it('but an async function answers by its promise, and gets none', async (t) => {
    const served = await serve(t, service, { callbacks: true });
    const { calls } = await call(t, [served]);
    assert.equal(await calls.asyncCounts(null, 1, 2), 2);
    assert.equal((await failure(calls.rejects(null))).code, 'ERR_RPC_REMOTE');
  });

  it('the first answer counts, and what comes after it is logged', async (t) => {
    const served = await serve(t, service, { callbacks: true });
    const { calls } = await call(t, [served]);
    assert.equal(await calls.callsTwice(null), 'first');
    assert.equal(await calls.callsAndThrows(null), 'first');
    await until(() => served.log.filter((line) => line.includes('after it had answered')).length === 2, {
      what: 'two lines',
    });
  });

  it('a value that it returns is no answer', async (t) => {
    const served = await serve(t, service, { callbacks: true });
    const { calls } = await call(t, [served]);
    assert.equal((await failure(calls.plainValue.with({ timeout: 50 })(null))).code, 'ERR_RPC_TIMEOUT');
  });

  it('as the record of the path says, whatever the server says', async (t) => {
    const path = new URL('./fixtures/service.ts', import.meta.url);
    const paths = [
      { namespace: 'back', path, callbacks: true },
      { namespace: 'user', path },
    ];
    const served = await serve(t, service, { paths });
    const { client, calls } = await call(t, [served]);
    client.addProxy({ namespace: 'back', serverType: 'test' });
    // biome-ignore lint/suspicious/noExplicitAny: untyped proxies
    const back = (client.proxies as any).back.test.service;
    assert.equal(await back.callsBack(null), 'one');
    assert.equal(await calls.plainValue(null), 'a value that nobody asked for');
  });

  it('a method that never answers holds up nothing', async (t) => {
    const served = await serve(
      t,
      { never: () => {}, ping: (...args: unknown[]) => done(args)(null, 'pong') },
      { callbacks: true },
    );
    const { calls } = await call(t, [served]);
    const never = failure(calls.never.with({ timeout: 200 })(null));
    assert.equal(await calls.ping(null), 'pong');
    await sleep(10);
    assert.equal((await never).code, 'ERR_RPC_TIMEOUT');
  });
});
