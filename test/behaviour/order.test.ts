import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { until } from '../support/until.js';
import { call, failure, overTransports, serve, unusedPort } from './support.js';

function recorder() {
  const seen: unknown[] = [];
  return { seen, service: { f: (n: unknown) => void seen.push(n) } };
}

const upTo = (count: number) => Array.from({ length: count }, (_, n) => n);

describe('calls to one server arrive in the order in which they were made', () => {
  overTransports((transport) => {
    it('those that waited for the connection, and those after it', async (t) => {
      const { seen, service } = recorder();
      const served = await serve(t, service, { transport });
      const { calls, moves } = await call(t, [served]);
      const all: Promise<unknown>[] = [];
      for (const n of upTo(300)) {
        all.push(calls.f(null, n));
        if (n % 50 === 0) await turn();
      }
      await Promise.all(all);
      assert.equal(moves.length, 2);
      assert.deepEqual(seen, upTo(300));
    });

    it('whether they are gathered or not', async (t) => {
      const { seen, service } = recorder();
      const served = await serve(t, service, { transport, bufferMsg: true, interval: 5 });
      const { calls } = await call(t, [served], { bufferMsg: true, interval: 5 });
      await Promise.all(upTo(100).map((n) => calls.f(null, n)));
      assert.deepEqual(seen, upTo(100));
    });
  });

  it('in whichever form they were made', async (t) => {
    const { seen, service } = recorder();
    const served = await serve(t, service);
    const { calls, client } = await call(t, [served]);
    const msg = { namespace: 'user', serverType: 'test', service: 'service', method: 'f' };
    for (const connected of [false, true]) {
      seen.length = 0;
      const all = [
        calls.f(null, 0),
        calls.f.toServer('test-1', 1),
        calls.f.oneway(null, 2),
        calls.f.toServer('*', 3),
        calls.f.to('test-1')(4),
        calls.f.route({ uid: 1 })(5),
        calls.f.defaultRoute(6),
        client.rpcInvoke('test-1', { ...msg, args: [7] }),
        calls.f.with({ timeout: 5_000 })(null, 8),
        calls.f.broadcast(9),
        new Promise((resolve) => calls.f(null, 10, resolve)),
        calls.f.to('test-1', true)(11),
      ];
      await Promise.all(all);
      await until(() => seen.length === 12, { what: 'the one-way calls' });
      assert.deepEqual(seen, upTo(12), connected ? 'on a connection that stands' : 'while connecting');
    }
  });

  it('with synchronous filters and routers', async (t) => {
    const { seen, service } = recorder();
    const served = await serve(t, service);
    const { calls, client } = await call(t, [served], { router: () => 'test-1' });
    client.before([() => {}, (_id: string, _msg: unknown, _opts: unknown, next: () => void) => next()]);
    await Promise.all(upTo(50).map((n) => calls.f(null, n)));
    assert.deepEqual(seen, upTo(50));
  });

  it('in the order in which they leave their filters, where these take their time', async (t) => {
    const { seen, service } = recorder();
    const served = await serve(t, service);
    const { calls, client } = await call(t, [served]);
    const nexts: (() => void)[] = [];
    client.before((_id: string, _msg: unknown, _opts: unknown, next: () => void) => void nexts.push(next));
    const all = upTo(3).map((n) => calls.f(null, n));
    for (const n of [1, 2, 0]) nexts[n]?.();
    await Promise.all(all);
    assert.deepEqual(seen, [1, 2, 0]);
  });

  it('also when one of those that waited cannot be encoded, and its callback makes another', async (t) => {
    const port = await unusedPort(t);
    const { calls } = await call(t, [{ id: 'test-1', serverType: 'test', port }]);
    const all: Promise<unknown>[] = [calls.f(null, 1)];
    calls.f(null, { broken: Symbol('no') }, (error: Error) => {
      assert.match(error.message, /is a symbol/);
      all.push(calls.f(null, 3));
    });
    all.push(calls.f(null, 2));
    const { seen, service } = recorder();
    await serve(t, service, { port });
    await until(() => all.length === 3, { what: 'the callback' });
    await Promise.all(all);
    assert.deepEqual(seen, [1, 2, 3]);
  });

  it('and one that cannot be sent holds nobody back', async (t) => {
    const { seen, service } = recorder();
    const served = await serve(t, service);
    const { calls } = await call(t, [served]);
    const bad = failure(calls.f(null, () => {}, 1));
    const all = upTo(3).map((n) => calls.f(null, n));
    assert.equal((await bad).code, 'ERR_RPC_ENCODE');
    await Promise.all(all);
    assert.deepEqual(seen, [0, 1, 2]);
  });
});
