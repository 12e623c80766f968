import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, it, type TestContext } from 'node:test';
import { tooBusy } from '../../station/index.js';
import { request } from '../lib/transport/support.js';
import { expectNoLeaks } from '../support/leaks.js';
import { until, untilEvent } from '../support/until.js';
import { EXT, rawCaller, registeredCaller } from './raw-peers.js';
import { call, failure, makeGate, serve } from './support.js';

const outcome = ({ code, delivery }: { code: string; delivery: unknown }) => [code, delivery];
const REFUSED = ['ERR_RPC_OVERLOADED', 'not-sent'];

/** Keeps the event loop late until the test says otherwise. */
function blockLoop(t: TestContext): { stop(): void } {
  const timer = setInterval(() => {
    const end = performance.now() + 300;
    while (performance.now() < end);
  }, 1);
  t.after(() => clearInterval(timer));
  return { stop: () => clearInterval(timer) };
}

describe('a server with maxConcurrent', () => {
  it('runs so many at once, keeps maxQueued more in order, and refuses the rest at once', async (t) => {
    expectNoLeaks(t);
    const gate = makeGate();
    const started: string[] = [];
    const service = {
      f(name: string) {
        started.push(name);
        return gate.pass(name);
      },
    };
    const served = await serve(t, service, { maxConcurrent: 2, maxQueued: 2 });
    const { calls } = await call(t, [served]);
    const results = ['a', 'b', 'c', 'd'].map((name) => calls.f(null, name));
    const refused = await failure(calls.f(null, 'e'));
    assert.deepEqual(outcome(refused), REFUSED);
    assert.equal(
      refused.message,
      'user.service.f on test-1: the server is full: calls running: 2 (maxConcurrent); calls queued: 2 (maxQueued)',
    );
    assert.deepEqual(started, ['a', 'b']);
    gate.open();
    assert.deepEqual(await Promise.all(results), ['a', 'b', 'c', 'd']);
    assert.deepEqual(started, ['a', 'b', 'c', 'd']);
    assert.equal(await calls.f(null, 'again'), 'again');
    assert.match(
      served.log.join('\n'),
      /refused a call of "user\.service\.f" from 127\.0\.0\.1:\d+: the server is full: calls running: 2 /,
    );
  });

  it('does so over all connections', async (t) => {
    const gate = makeGate();
    const served = await serve(t, { f: () => gate.pass() }, { maxConcurrent: 2, maxQueued: 0 });
    const [one, two] = [await call(t, [served]), await call(t, [served])];
    const running = [one.calls.f(null), two.calls.f(null)];
    await gate.arrivals(2);
    assert.deepEqual(outcome(await failure(one.calls.f(null))), REFUSED);
    assert.deepEqual(outcome(await failure(two.calls.f(null))), REFUSED);
    gate.open();
    await Promise.all(running);
  });

  it('starts a thousand that waited one after the other, methods that answer at once included', async (t) => {
    const gate = makeGate();
    const seen: number[] = [];
    const service = { first: () => gate.pass(), f: (n: number) => void seen.push(n) };
    const served = await serve(t, service, { maxConcurrent: 1, maxQueued: 1_000 });
    const { calls } = await call(t, [served]);
    const first = calls.first(null);
    await gate.arrivals(1);
    const numbers = Array.from({ length: 1_000 }, (_, n) => n);
    const all = numbers.map((n) => calls.f(null, n));
    await failure(calls.f(null, -1)); // in order: when this is refused, the others wait
    gate.open();
    await Promise.all([first, ...all]);
    assert.deepEqual(seen, numbers);
  });

  it('does not start what waited longer than its deadline', async (t) => {
    expectNoLeaks(t);
    const gate = makeGate();
    let started = 0;
    const served = await serve(t, { first: () => gate.pass(), f: () => started++ }, { maxConcurrent: 1 });
    const peer = await registeredCaller(t, served.port);
    const invoke = (method: string) => ({
      type: 'invoke',
      method: `user.service.${method}`,
      argLength: 0,
      oneway: false,
    });
    peer.write(request(2, invoke('first')), request(3, invoke('f'), undefined, 30));
    const refusal = await peer.next('invoke_result');
    assert.deepEqual([refusal.id, refusal.head.code, started], [3, 'ERR_RPC_TIMEOUT', 0]);
    gate.open();
    assert.equal((await peer.next('invoke_result')).id, 2);
    assert.equal(started, 0);
  });

  it('tells the caller of one that waits, shortly before its deadline, that it was not begun', async (t) => {
    const gate = makeGate();
    const served = await serve(t, { first: () => gate.pass(), f() {} }, { maxConcurrent: 1 });
    const peer = await rawCaller(t, served.port);
    const ext = { ...EXT, features: [...EXT.features, 'progress'] };
    peer.write(request(1, { type: 'register_channel', channelName: 'test-1', ext }));
    await peer.next();
    const invoke = (method: string) => ({
      type: 'invoke',
      method: `user.service.${method}`,
      argLength: 0,
      oneway: false,
    });
    peer.write(request(2, invoke('first'), undefined, 60_000), request(3, invoke('f'), undefined, 500));
    const told = JSON.parse((await peer.next('progress')).body.toString());
    assert.deepEqual([told.length, told[0].id, told[0].isRunning], [1, 3, false]);
    gate.open();
  });

  it('does not start what was cancelled while it waited, and has room for another', async (t) => {
    expectNoLeaks(t);
    const gate = makeGate();
    let started = 0;
    const served = await serve(t, { first: () => gate.pass(), f: () => ++started }, { maxConcurrent: 1, maxQueued: 1 });
    const { calls } = await call(t, [served]);
    const first = calls.first(null);
    await gate.arrivals(1);
    for (let i = 0; i < 3; i++) {
      const controller = new AbortController();
      const waiting = failure(calls.f.with({ signal: controller.signal })(null));
      assert.deepEqual(outcome(await failure(calls.f(null))), REFUSED, 'one waits already');
      controller.abort();
      assert.equal((await waiting).code, 'ERR_RPC_CANCELLED');
    }
    const kept = calls.f(null);
    assert.deepEqual(outcome(await failure(calls.f(null))), REFUSED); // it has come after all the cancels
    gate.open();
    await first;
    assert.equal(await kept, 1);
  });

  it('forgets what a caller that has gone was waiting for', async (t) => {
    expectNoLeaks(t);
    const gate = makeGate();
    let started = 0;
    const served = await serve(t, { first: () => gate.pass(), f: () => started++ }, { maxConcurrent: 1, maxQueued: 5 });
    const [one, two] = [await call(t, [served]), await call(t, [served])];
    const first = one.calls.first(null);
    await gate.arrivals(1);
    const lost = Array.from({ length: 5 }, () => failure(two.calls.f(null)));
    assert.deepEqual(outcome(await failure(two.calls.f(null))), REFUSED);
    const gone = untilEvent(served.server, 'disconnection', { what: 'the caller to go' });
    await two.client.stop(true);
    await Promise.all(lost);
    await gone;
    const kept = Array.from({ length: 5 }, () => one.calls.f(null));
    assert.deepEqual(outcome(await failure(one.calls.f(null))), REFUSED);
    gate.open();
    await Promise.all([first, ...kept]);
    assert.equal(started, 5);
  });

  it('counts a cancelled call until its method has ended: the work is still being done', async (t) => {
    const gate = makeGate();
    const served = await serve(t, { f: () => gate.pass('done') }, { maxConcurrent: 1, maxQueued: 0 });
    const { calls } = await call(t, [served]);
    const controller = new AbortController();
    const cancelled = failure(calls.f.with({ signal: controller.signal })(null));
    await gate.arrivals(1);
    controller.abort();
    await cancelled;
    assert.deepEqual(outcome(await failure(calls.f(null))), REFUSED);
    gate.open();
    const again = await until(() => calls.f(null).catch(() => undefined), { what: 'the method to end' });
    assert.equal(again, 'done');
  });

  it('drops one-way calls over its bounds, and says in its log how many', async (t) => {
    const gate = makeGate();
    let seen = 0;
    const served = await serve(t, { first: () => gate.pass(), f: () => ++seen }, { maxConcurrent: 1, maxQueued: 0 });
    const { calls } = await call(t, [served]);
    const first = calls.first(null);
    await gate.arrivals(1);
    for (let i = 0; i < 5; i++) await calls.f.oneway(null);
    assert.deepEqual(outcome(await failure(calls.f(null))), REFUSED);
    gate.open();
    await first;
    await served.server.stop();
    assert.equal(seen, 0);
    const [one, more] = served.log.filter((line) => /dropped a one-way call/.test(line));
    assert.match(String(one), /dropped a one-way call of "user\.service\.f" from/);
    assert.match(String(more), /and 3 more like it, left out/);
  });

  it('does not lose its room to one-way calls whose methods never call back', async (t) => {
    const service = {
      forgets(_callback: unknown) {},
      f: (callback: (error: null, result: string) => void) => callback(null, 'served'),
    };
    const served = await serve(t, service, { callbacks: true, maxConcurrent: 2, maxQueued: 0 });
    const { calls } = await call(t, [served]);
    for (let i = 0; i < 2; i++) await calls.forgets.with({ timeout: 1_000 }).oneway(null);
    assert.deepEqual(outcome(await failure(calls.f(null))), REFUSED);
    assert.equal(await until(() => calls.f(null).catch(() => undefined), { what: 'their deadline' }), 'served');
  });

  it('starts a call that waited outside of the async context of the one that made room', async (t) => {
    const storage = new AsyncLocalStorage<string>();
    const gate = makeGate();
    const seen: unknown[] = [];
    const service = {
      first(callback: (error: null) => void) {
        storage.run('the first', () => void gate.pass().then(() => callback(null)));
      },
      f(callback: (error: null) => void) {
        seen.push(storage.getStore());
        callback(null);
      },
    };
    const served = await serve(t, service, { callbacks: true, maxConcurrent: 1 });
    const { calls } = await call(t, [served]);
    const both = [calls.first(null), calls.f(null)];
    await gate.arrivals(1);
    gate.open();
    await Promise.all(both);
    assert.deepEqual(seen, [undefined]);
  });

  it('serves what waits before it stops', async (t) => {
    expectNoLeaks(t);
    const gate = makeGate();
    const served = await serve(t, { f: (name: string) => gate.pass(name) }, { maxConcurrent: 1 });
    const { calls } = await call(t, [served]);
    const both = [calls.f(null, 'a'), calls.f(null, 'b')];
    await gate.arrivals(1);
    const stopped = served.server.stop();
    gate.open();
    assert.deepEqual(await Promise.all(both), ['a', 'b']);
    await stopped;
  });
});

describe('a server with maxCallsPerConnection', () => {
  it('refuses a caller that has so many, and serves the others', async (t) => {
    const gate = makeGate();
    const served = await serve(t, { f: (name: string) => gate.pass(name) }, { maxCallsPerConnection: 2 });
    const [one, two] = [await call(t, [served]), await call(t, [served])];
    const running = [one.calls.f(null, 'a'), one.calls.f(null, 'b')];
    const error = await failure(one.calls.f(null));
    assert.deepEqual(outcome(error), REFUSED);
    assert.match(
      error.message,
      /the server is full for this connection: 2 of its calls are in progress \(maxCallsPerConnection\)/,
    );
    running.push(two.calls.f(null, 'c'));
    await gate.arrivals(3);
    gate.open();
    assert.deepEqual(await Promise.all(running), ['a', 'b', 'c']);
    assert.equal(await one.calls.f(null, 'd'), 'd');
  });
});

describe('a late event loop', () => {
  it('makes a server with maxEventLoopLag refuse calls, until it is on time again', async (t) => {
    expectNoLeaks(t);
    const served = await serve(t, { f: () => 'served' }, { maxEventLoopLag: 100 });
    const { calls } = await call(t, [served]);
    assert.equal(await calls.f(null), 'served');
    const blocked = blockLoop(t);
    const told = await until(
      () =>
        calls.f(null).then(
          () => undefined,
          (error: unknown) => error,
        ),
      {
        what: 'a refusal',
        timeoutMs: 20_000,
      },
    );
    assert.deepEqual(outcome(told as never), REFUSED);
    assert.match((told as Error).message, /its event loop lags \d+ ms, and maxEventLoopLag allows 100 ms/);
    blocked.stop();
    const again = await until(() => calls.f(null).catch(() => undefined), { what: 'service', timeoutMs: 20_000 });
    assert.equal(again, 'served');
  });

  it('makes a server refuse calls that have waited for their turn behind methods that take the processor', async (t) => {
    const work = () => {
      const end = performance.now() + 5;
      while (performance.now() < end);
      return 'served';
    };
    const served = await serve(t, { work }, { maxEventLoopLag: 100 });
    const { calls } = await call(t, [served], { timeout: 60_000 });
    const answers = await Promise.all(
      Array.from({ length: 1_000 }, () =>
        calls.work(null).catch((error: Error & { code: string; delivery: string }) => error),
      ),
    );
    const refused = answers.filter((answer) => answer !== 'served');
    assert.ok(refused.length < 1_000, 'those that come first are served');
    assert.ok(refused.length > 500, `${refused.length} of 1,000 calls, which take 5 s, were refused`);
    for (const error of refused) assert.deepEqual(outcome(error), REFUSED);
    assert.equal(await calls.work(null), 'served');
  });

  it('makes a client with the filter tooBusy refuse its own calls', async (t) => {
    expectNoLeaks(t);
    let called = 0;
    const served = await serve(t, { f: () => ++called });
    const { calls, client } = await call(t, [served]);
    client.before(tooBusy({ maxLag: 100 }));
    await calls.f(null);
    const blocked = blockLoop(t);
    const told = (await until(
      () =>
        calls.f(null).then(
          () => undefined,
          (error: unknown) => error,
        ),
      {
        what: 'a refusal',
        timeoutMs: 20_000,
      },
    )) as Error & { code: string; delivery: string; cause: { code: string } };
    assert.deepEqual([told.code, told.delivery, told.cause.code], ['ERR_RPC_FILTER', 'not-sent', 'ERR_RPC_OVERLOADED']);
    assert.match(
      told.message,
      /before filter "tooBusy" aborted it: this process is too busy: the event loop is \d+ ms late/,
    );
    blocked.stop();
    await until(() => calls.f(null).catch(() => undefined), { what: 'calls again', timeoutMs: 20_000 });
    assert.throws(() => tooBusy({ maxLag: 0 }), { code: 'ERR_RPC_INVALID_ARGUMENT' });
    for (const [given, message] of [
      [{ maxLagg: 100 }, 'tooBusy() has no option "maxLagg" (did you mean maxLag?)'],
      [100, 'the options of tooBusy() must be an object { maxLag }, got 100'],
    ] as const) {
      assert.throws(() => tooBusy(given as object), { code: 'ERR_RPC_INVALID_ARGUMENT', message });
    }
  });
});
