import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { RpcError } from '../../lib/errors.js';
import { request } from '../lib/transport/support.js';
import { expectNoLeaks } from '../support/leaks.js';
import { until } from '../support/until.js';
import { registeredCaller } from './raw-peers.js';
import { type Calls, call, failure, makeGate, serve } from './support.js';

const NO_DEADLINE = 2 ** 32 - 1;

/** A connection that sends `count` calls of `user.service.wait` and reads nothing. */
async function greedy(t: TestContext, port: number, count: number, { oneway = false, timeout = 60_000 } = {}) {
  const peer = await registeredCaller(t, port);
  const head = { type: 'invoke', method: 'user.service.wait', argLength: 0, oneway };
  for (let id = 2; id < count + 2; id++) peer.write(request(id, head, undefined, timeout));
  return peer;
}

/** Number of failures among calls that a well-behaved caller makes, one after the other and some at once. */
async function failuresOf(calls: Calls): Promise<number> {
  let failed = 0;
  const one = () => calls.f(null).catch(() => (failed += 1));
  for (let i = 0; i < 20; i++) await one();
  for (let i = 0; i < 5; i++) await Promise.all([one(), one(), one(), one(), one()]);
  return failed;
}

describe('callers that take what they can get', () => {
  for (const [name, how] of [
    ['calls that wait for their answers', {}],
    ['calls without a deadline', { timeout: NO_DEADLINE }],
    ['one-way calls', { oneway: true }],
    ['one-way calls without a deadline', { oneway: true, timeout: NO_DEADLINE }],
  ] as const) {
    it(`leave room for another caller, while they are there and after they have gone: ${name}`, async (t) => {
      expectNoLeaks(t);
      const gate = makeGate();
      const service = { wait: () => gate.pass(), f: () => 'served' };
      const served = await serve(t, service, { maxConcurrent: 20, maxQueued: 20 });
      const { calls } = await call(t, [served]);
      const peers = [await greedy(t, served.port, 100, how), await greedy(t, served.port, 100, how)];
      await gate.arrivals(17); // 14 of 20 places, then the rest up to the last tenth, and one more
      assert.equal(await failuresOf(calls), 0);
      for (const { socket } of peers) socket.destroy();
      assert.equal(await failuresOf(calls), 0);
      const more = await greedy(t, served.port, 100, how);
      await until(() => gate.arrived >= 30, { what: 'places that were given back to be taken again' });
      assert.equal(await failuresOf(calls), 0);
      more.socket.destroy();
      gate.open();
      await served.server.stop(true);
    });
  }

  it('are told how long to wait, and why they get no more', async (t) => {
    const gate = makeGate();
    const served = await serve(t, { wait: () => gate.pass() }, { maxConcurrent: 10, maxQueued: 0 });
    const { calls } = await call(t, [served]);
    const running = Array.from({ length: 7 }, () => calls.wait(null));
    const error = await failure(calls.wait(null));
    assert.deepEqual([error.code, error.delivery, error.retryAfter], ['ERR_RPC_OVERLOADED', 'not-sent', 100]);
    assert.match(error.message, /full for this connection: 7 of its calls run, .* \(callerShare: 0\.7\)/);
    gate.open();
    await Promise.all(running);
  });

  it('may take all places where the server says so', async (t) => {
    const gate = makeGate();
    const served = await serve(t, { wait: () => gate.pass() }, { maxConcurrent: 10, maxQueued: 0, callerShare: 1 });
    const { calls } = await call(t, [served]);
    const running = Array.from({ length: 10 }, () => calls.wait(null));
    await gate.arrivals(10);
    assert.match((await failure(calls.wait(null))).message, /the server is full: calls running: 10 \(maxConcurrent\)/);
    gate.open();
    await Promise.all(running);
  });
});

describe('a method that forgets its callback', () => {
  const service = {
    forgets(_callback: unknown) {},
    f: (callback: (error: null, result: string) => void) => callback(null, 'served'),
  };

  it('once in a while does not lock its server', async (t) => {
    expectNoLeaks(t);
    const served = await serve(t, service, { callbacks: true, maxConcurrent: 4, maxQueued: 0, maxAbandoned: 100 });
    const { calls } = await call(t, [served]);
    for (let i = 0; i < 12; i++) {
      await failure(calls.forgets.with({ timeout: 30 })(null));
      const again = () => calls.f(null).catch(() => undefined);
      assert.equal(await until(again, { what: 'a place', timeoutMs: 5_000 }), 'served');
    }
  });

  it('is named by the log, by an event, and by the refusal; the server recovers in time', async (t) => {
    const options = { callbacks: true, maxConcurrent: 4, maxQueued: 0, abandonedTimeout: 2_500 };
    const served = await serve(t, service, options);
    const abandoned: unknown[] = [];
    served.server.on('abandoned', (method, caller) => abandoned.push([method, caller?.ip]));
    const { calls } = await call(t, [served]);
    const refused = async (): Promise<RpcError | undefined> => {
      await Promise.all([1, 2].map(() => failure(calls.forgets.with({ timeout: 30 })(null))));
      const error: unknown = await calls.f(null).catch((error: unknown) => error);
      return error instanceof RpcError && error.message.includes('not ended: 4') ? error : undefined;
    };
    const error = await until(refused, { what: 'a server full of forgotten calls' });
    assert.match(
      error.message,
      /full for this connection: 2 of its calls run, .* not ended: 4 \(maxAbandoned: 4\), 4 of them of "user\.service\.forgets"$/,
    );
    assert.ok((error.retryAfter ?? 0) >= 100, String(error.retryAfter));
    await until(() => abandoned.length > 0, { what: 'the event' });
    assert.deepEqual(abandoned[0], ['user.service.forgets', '127.0.0.1']);
    assert.match(
      served.log.join('\n'),
      /a method has not answered, .* "user\.service\.forgets", called by 127\.0\.0\.1/,
    );
    const again = () => calls.f(null).catch(() => undefined);
    assert.equal(await until(again, { what: 'places that are given back', timeoutMs: 20_000 }), 'served');
  });
});

describe('a call with a timeout that is no time', () => {
  for (const [name, timeout] of [
    ['0', 0],
    ['2^32 - 1', NO_DEADLINE],
  ] as const) {
    it(`counts as one with a time that a timer can wait: ${name}`, async (t) => {
      const served = await serve(t, { f: () => 'served' });
      const peer = await registeredCaller(t, served.port);
      const head = { type: 'invoke', method: 'user.service.f', argLength: 0, oneway: false };
      peer.write(request(2, head, undefined, timeout));
      const { head: answer } = await peer.next('invoke_result');
      assert.equal(answer.success, true);
    });
  }

  it('does not keep its place when it is one-way and its method never ends', async (t) => {
    const service = { wait: () => new Promise(() => {}), f: () => 'served' };
    const served = await serve(t, service, { maxConcurrent: 2, maxQueued: 0 });
    const { calls } = await call(t, [served]);
    await greedy(t, served.port, 2, { oneway: true, timeout: 0 });
    const again = () => calls.f(null).catch(() => undefined);
    assert.equal(await until(again, { what: 'a place', timeoutMs: 5_000 }), 'served');
  });
});
