import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { request, response } from '../lib/transport/support.js';
import { expectNoLeaks } from '../support/leaks.js';
import { until } from '../support/until.js';
import { registeredCaller } from './raw-peers.js';
import { call, failure, makeGate, overTransports, serve } from './support.js';

describe('a server that stops', () => {
  overTransports((transport) => {
    it('answers all that it has received, and then closes', async (t) => {
      expectNoLeaks(t);
      const gate = makeGate();
      const served = await serve(t, { f: (n: number) => gate.pass(n) }, { transport });
      const { calls, moves } = await call(t, [served]);
      const inFlight = Promise.all([1, 2, 3].map((n) => calls.f(null, n)));
      await gate.arrivals(3);
      let isStopped = false;
      const stopped = served.server.stop().then(() => {
        isStopped = true;
      });
      await until(() => moves.includes('test-1 ready -> backoff'), { what: 'the goaway' });
      assert.deepEqual([served.server.state, isStopped], ['draining', false]);
      gate.open();
      assert.deepEqual(await inFlight, [1, 2, 3]);
      await stopped;
      assert.equal(served.server.state, 'closed');
    });

    it('loses none of many calls that are under way while it is replaced', async (t) => {
      expectNoLeaks(t);
      const executed: number[] = [];
      const service = { f: async (n: number) => executed.push(n) && n };
      let served = await serve(t, service, { transport });
      const { calls } = await call(t, [served], { timeout: 20_000 });
      let made = 0;
      let isOver = false;
      const results: Promise<number>[] = [];
      const caller = (async () => {
        while (!isOver) {
          for (let i = 0; i < 5; i++) results.push(calls.f(null, made++));
          await new Promise((resolve) => setImmediate(resolve));
        }
      })();
      for (let restart = 0; restart < 3; restart++) {
        const before = executed.length;
        await until(() => executed.length > before + 20, { what: 'calls' });
        await served.server.stop();
        served = await serve(t, service, { transport, port: served.port });
      }
      isOver = true;
      await caller;
      assert.deepEqual(
        await Promise.all(results),
        Array.from({ length: made }, (_, n) => n),
      );
      assert.deepEqual(
        executed,
        Array.from({ length: made }, (_, n) => n),
        'each once, in order',
      );
    });
  });

  it('lets go of its port at once, and calls made after its goaway go to the next one there', async (t) => {
    expectNoLeaks(t);
    const gate = makeGate();
    const first = await serve(t, { f: () => gate.pass('first') });
    const { calls, moves } = await call(t, [first]);
    const old = calls.f(null);
    await gate.arrivals(1);
    const stopped = first.server.stop();
    await until(() => moves.includes('test-1 ready -> backoff'), { what: 'the goaway' });
    const held = calls.f(null);
    const second = await serve(t, { f: () => 'second' }, { port: first.port });
    assert.equal(second.port, first.port);
    assert.equal(await held, 'second');
    gate.open();
    assert.equal(await old, 'first');
    await stopped;
  });

  it('waits no longer than drainTimeout, and the calls that it cuts off say so', async (t) => {
    expectNoLeaks(t);
    const gate = makeGate();
    const served = await serve(t, { f: () => gate.pass() }, { drainTimeout: 100 });
    const { calls } = await call(t, [served]);
    const cut = failure(calls.f(null));
    await gate.arrivals(1);
    const startedAt = performance.now();
    await served.server.stop();
    assert.ok(performance.now() - startedAt >= 99);
    const error = await cut;
    assert.deepEqual([error.code, error.delivery], ['ERR_RPC_STOPPING', 'unknown']);
  });

  it('by force waits for nobody', async (t) => {
    expectNoLeaks(t);
    const gate = makeGate();
    const served = await serve(t, { f: () => gate.pass() });
    const { calls } = await call(t, [served]);
    const cut = failure(calls.f(null));
    await gate.arrivals(1);
    await served.server.stop(true);
    assert.equal(served.server.state, 'closed');
    const error = await cut;
    assert.equal(error.delivery, 'unknown');
  });

  it('by force also ends a stop that is under way', async (t) => {
    expectNoLeaks(t);
    const gate = makeGate();
    const served = await serve(t, { f: () => gate.pass() });
    const { calls } = await call(t, [served]);
    const cut = failure(calls.f(null));
    await gate.arrivals(1);
    const stopped = served.server.stop();
    assert.equal(served.server.state, 'draining');
    await served.server.stop(true);
    await Promise.all([stopped, cut]);
  });

  it('serves what a caller had sent before it read the goaway', async (t) => {
    const served = await serve(t, { f: (n: number) => n });
    const peer = await registeredCaller(t, served.port);
    const stopped = served.server.stop();
    const goaway = await peer.next('goaway');
    peer.write(request(5, { type: 'invoke', method: 'user.service.f', argLength: 0, oneway: false }));
    peer.write(response(goaway.id, { type: 'goaway_res' }));
    const answer = await peer.next('invoke_result');
    assert.deepEqual([answer.id, answer.head.success], [5, true]);
    await Promise.all([stopped, peer.closed()]);
  });

  it('stops although a caller does not read', async (t) => {
    expectNoLeaks(t);
    const served = await serve(
      t,
      { big: () => 'x'.repeat(1_000_000), f: () => 1 },
      { maxQueuedBytes: 3_000_000, drainTimeout: 500 },
    );
    const good = await call(t, [served]);
    await good.calls.f(null);
    const peer = await registeredCaller(t, served.port);
    peer.socket.pause();
    for (let id = 2; id < 8; id++) {
      peer.write(request(id, { type: 'invoke', method: 'user.service.big', argLength: 0, oneway: false }));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await good.calls.f(null);
    await served.server.stop();
    assert.equal(served.server.state, 'closed');
    await until(() => good.moves.includes('test-1 ready -> backoff'), { what: 'the goaway to the others' });
  });

  it('gives a slow reader as long as drainTimeout for the answers that it has not read', async (t) => {
    const served = await serve(t, { big: () => 'x'.repeat(3_000_000) }, { drainTimeout: 20_000 });
    const peer = await registeredCaller(t, served.port);
    peer.socket.pause();
    for (const id of [2, 3, 4])
      peer.write(request(id, { type: 'invoke', method: 'user.service.big', argLength: 0, oneway: false }));
    await until(async () => served.server.state === 'leader' && peer.socket.bytesWritten > 0, { what: 'the calls' });
    await new Promise((resolve) => setTimeout(resolve, 100));
    const stopped = served.server.stop();
    await new Promise((resolve) => setTimeout(resolve, 4_300));
    peer.socket.resume();
    const goaway = await peer.next('goaway');
    peer.write(response(goaway.id, { type: 'goaway_res' }));
    for (const id of [2, 3, 4]) assert.equal((await peer.next('invoke_result')).id, id);
    await stopped;
  });

  it('at the same time as its client settles the same calls', async (t) => {
    expectNoLeaks(t);
    const gate = makeGate();
    const served = await serve(t, { f: (n: number) => gate.pass(n) });
    const { client, calls } = await call(t, [served]);
    const inFlight = Promise.all([1, 2, 3].map((n) => calls.f(null, n)));
    await gate.arrivals(3);
    const stopped = [served.server.stop(), client.stop()];
    gate.open();
    assert.deepEqual(await inFlight, [1, 2, 3]);
    const startedAt = performance.now();
    await Promise.all(stopped);
    assert.ok(performance.now() - startedAt < 2_500, 'and neither waits for a timeout of the other');
  });

  it('loses no call that waits because its line is full', async (t) => {
    expectNoLeaks(t);
    const gate = makeGate();
    const first = await serve(t, { f: (n: number) => gate.pass(n) });
    const { calls, moves } = await call(t, [first], { maxInFlight: 2 });
    const all = [1, 2, 3, 4].map((n) => calls.f(null, n));
    const settled = Promise.all(all);
    await gate.arrivals(2);
    const stopped = first.server.stop();
    await until(() => moves.includes('test-1 ready -> backoff'), { what: 'the goaway' });
    gate.open(); // the old line drains, and has nothing to do any more with those that wait
    await all[0];
    await serve(t, { f: (n: number) => n }, { port: first.port });
    assert.deepEqual(await settled, [1, 2, 3, 4]);
    await stopped;
  });

  it('returns the same promise each time, and calls back', async (t) => {
    const { server } = await serve(t, { f() {} });
    let called = 0;
    const first = server.stop(false, () => {
      called += 1;
    });
    assert.equal(server.stop(), first);
    await first;
    await until(() => called === 1, { what: 'the callback' });
    assert.equal((await failure(server.start())).code, 'ERR_RPC_CLOSED');
  });

  it('before it was started, or while it is starting, leaves nothing behind', async (t) => {
    expectNoLeaks(t);
    const { server } = await serve(t, { f() {} });
    await server.stop();
    const { createServer } = await import('../../server.js');
    const idle = createServer({ port: 0 });
    await idle.stop();
    assert.equal(idle.state, 'closed');
    const starting = createServer({ port: 0 });
    const started = failure(starting.start());
    await starting.stop();
    assert.equal((await started).code, 'ERR_RPC_CLOSED');
    assert.equal(starting.state, 'closed');
  });

  it('tells of its start and its end once', async (t) => {
    const events: string[] = [];
    const { createServer } = await import('../../server.js');
    const server = createServer({ port: 0, logger: { info() {}, warn() {}, error() {} } });
    t.after(() => server.stop(true));
    for (const event of ['start', 'closed'] as const) server.on(event, () => events.push(event));
    await server.start();
    await Promise.all([server.stop(), server.stop(true), server.stop()]);
    assert.deepEqual(events, ['start', 'closed']);
  });
});
