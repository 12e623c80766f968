import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { freePort } from '../../bench/free-port.js';
import { callContext } from '../../lib/call-context.js';
import type { EndedCall } from '../../server/ended-call.js';
import { expectNoLeaks } from '../support/leaks.js';
import { until } from '../support/until.js';
import { follow, lead } from './sharing.js';
import { call, failure, makeGate, overTransports, type Served, serve } from './support.js';

/** The ends that a server reports, as they come. */
function endsOf({ server }: Served) {
  const ends: EndedCall[] = [];
  server.on('callEnded', (end) => ends.push(end));
  const count = (n: number) => until(() => ends.length >= n, { what: `${n} ends` });
  const short = () => ends.map(({ method, outcome, code }) => [method.split('.').at(-1), outcome, code]);
  return { ends, count, short };
}

overTransports((transport) => {
  describe('a server reports the end of each call', () => {
    it('answered, failed, without a method, one-way, and a result that cannot be sent', async (t) => {
      expectNoLeaks(t);
      const service = {
        works: async () => 1,
        fails: () => Promise.reject(Object.assign(new Error('no'), { code: 'E_NO' })),
        unsendable: () => () => {},
      };
      const served = await serve(t, service, { transport });
      const { ends, count, short } = endsOf(served);
      const { calls } = await call(t, [served], { clientId: 'web-1' });
      await calls.works(null);
      await failure(calls.fails(null));
      await failure(calls.nope(null));
      await failure(calls.unsendable(null));
      calls.works.oneway(null);
      calls.fails.oneway(null);
      await count(6);
      assert.deepEqual(short(), [
        ['works', 'ok', undefined],
        ['fails', 'failed', 'ERR_RPC_REMOTE'],
        ['nope', 'refused', 'ERR_RPC_NO_METHOD'],
        ['unsendable', 'failed', 'ERR_RPC_ENCODE'],
        ['works', 'ok', undefined],
        ['fails', 'failed', 'ERR_RPC_REMOTE'],
      ]);
      assert.deepEqual(
        ends.map(({ oneway }) => oneway),
        [false, false, false, false, true, true],
      );
      assert.equal((ends[1]?.error as { code?: string } | undefined)?.code, 'E_NO');
      assert.ok(ends.every(({ caller, stream }) => caller?.id === 'web-1' && !stream));
      assert.ok(ends.every(({ duration }) => duration >= 0 && duration < 60_000));
    });
  });
});

describe('a server reports the end of a call', () => {
  it('that was refused for its limits, and that waited in the queue', async (t) => {
    const gate = makeGate();
    const limits = { maxConcurrent: 1, maxQueued: 1, callerShare: 1 };
    const served = await serve(t, { f: () => gate.pass(1) }, limits);
    const { ends, count, short } = endsOf(served);
    const { calls } = await call(t, [served]);
    const running = calls.f(null);
    await gate.arrivals(1);
    const queued = failure(calls.f.with({ timeout: 40 })(null));
    assert.equal((await failure(calls.f(null))).code, 'ERR_RPC_OVERLOADED');
    assert.equal((await queued).code, 'ERR_RPC_TIMEOUT');
    await count(2);
    gate.open();
    await running;
    await count(3);
    assert.deepEqual(
      short().map(([, outcome, code]) => [outcome, code]),
      [
        ['refused', 'ERR_RPC_OVERLOADED'],
        [ends[1]?.outcome, ends[1]?.code],
        ['ok', undefined],
      ],
    );
    // The cancellation of the caller and the timer of the server are a race.
    assert.ok(
      ['refused ERR_RPC_TIMEOUT', 'late ERR_RPC_TIMEOUT', 'left ERR_RPC_CANCELLED'].includes(
        `${ends[1]?.outcome} ${ends[1]?.code}`,
      ),
    );
  });

  it('that is found late when its turn in the queue has come', async (t) => {
    const gate = makeGate();
    const blocks = async () => {
      await gate.pass();
      const until = performance.now() + 300;
      while (performance.now() < until); // no timer runs before the next call is taken from the queue
    };
    let arrived = 0;
    const authorize = () => {
      arrived += 1;
      return true;
    };
    const served = await serve(t, { blocks, f: async () => 1 }, { maxConcurrent: 1, authorize });
    const { count, short } = endsOf(served);
    const { calls } = await call(t, [served]);
    const running = calls.blocks(null);
    await gate.arrivals(1);
    const late = failure(calls.f.with({ timeout: 100 })(null));
    const next = calls.f(null);
    await until(() => arrived === 3, { what: 'two calls in the queue' });
    gate.open();
    await running;
    assert.equal((await late).code, 'ERR_RPC_TIMEOUT');
    assert.equal(await next, 1);
    await count(3);
    assert.deepEqual(short(), [
      ['blocks', 'ok', undefined],
      ['f', 'refused', 'ERR_RPC_TIMEOUT'],
      ['f', 'ok', undefined],
    ]);
  });

  it('that was late, was cancelled, or lost its connection', async (t) => {
    const gate = makeGate();
    let arrived = 0;
    const f = () => {
      arrived += 1;
      return gate.pass(callContext()?.method);
    };
    const served = await serve(t, { f });
    const { ends, count } = endsOf(served);
    const { calls } = await call(t, [served]);
    const lost = await call(t, [served]);
    // On a busy machine a call with a short deadline may be late before it arrives.
    const late = async () => (await failure(calls.f.with({ timeout: 100 })(null))) && arrived > 0;
    await until(late, { what: 'a call that is late in its method' });
    const controller = new AbortController();
    const cancelled = failure(calls.f.with({ signal: controller.signal })(null));
    const gone = failure(lost.calls.f(null));
    await until(() => arrived === 3, { what: 'the other calls' });
    controller.abort();
    assert.equal((await cancelled).code, 'ERR_RPC_CANCELLED');
    const closed = new Promise((resolve) => served.server.once('disconnection', resolve));
    await lost.client.stop(true);
    await Promise.all([gone, closed]);
    await failure(calls.nope(null)); // the frame of the cancellation came first
    const before = ends.length;
    gate.open();
    await count(before + 3);
    const [first, second, third] = ends.slice(before);
    assert.deepEqual([first?.outcome, first?.code], ['late', 'ERR_RPC_TIMEOUT']);
    assert.deepEqual([second?.outcome, second?.code], ['left', 'ERR_RPC_CANCELLED']);
    assert.equal(third?.outcome, 'left');
    assert.match(String(third?.code), /^ERR_RPC_(CONNECTION_LOST|CLOSED)$/);
  });

  it('that is never answered, once, when the server has stopped to wait', async (t) => {
    const answers: (() => void)[] = [];
    const service = { f: (callback: () => void) => void answers.push(callback) };
    const served = await serve(t, service, { callbacks: true, abandonedTimeout: 20 });
    const { ends, count } = endsOf(served);
    const { calls } = await call(t, [served]);
    await failure(calls.nope(null)); // connected, so that the next call arrives in time
    const arrived = async () => (await failure(calls.f.with({ timeout: 100 })(null))) && answers.length > 0;
    await until(arrived, { what: 'a call to arrive' });
    const unanswered = () => ends.filter(({ outcome }) => outcome === 'unanswered');
    await until(() => unanswered().length === answers.length, { what: 'the end' });
    assert.equal(unanswered()[0]?.code, 'ERR_RPC_TIMEOUT');
    const before = ends.length;
    for (const answer of answers) answer();
    await failure(calls.nope(null));
    await count(before + 1);
    assert.deepEqual([ends.length, ends.at(-1)?.outcome], [before + 1, 'refused']);
  });

  it('that fails when the server waits no longer for it, once, and not as the end of the next call', async (t) => {
    const answers: ((error: Error) => void)[] = [];
    const service = {
      f: (callback: (error: Error) => void) => void answers.push(callback),
      async *stuck() {
        yield 1;
        await new Promise(() => {});
      },
      good: (callback: (error: null) => void) => callback(null),
    };
    const served = await serve(t, service, { callbacks: true, abandonedTimeout: 20 });
    const { ends, count, short } = endsOf(served);
    const { calls } = await call(t, [served]);
    await calls.good(null);
    const arrived = async () => (await failure(calls.f.with({ timeout: 100 })(null))) && answers.length > 0;
    await until(arrived, { what: 'a call to arrive' });
    const unanswered = () => ends.filter(({ outcome }) => outcome === 'unanswered').length;
    await until(() => unanswered() === answers.length, { what: 'the end of the call' });
    let before = ends.length;
    for (const answer of answers) answer(new Error('too late'));
    await calls.good(null);
    await count(before + 1);
    assert.deepEqual(short().slice(before), [['good', 'ok', undefined]]);
    assert.equal(ends.at(-1)?.error, undefined);

    const stream = calls.stuck.stream(null);
    await stream.next();
    await stream.return();
    await until(() => ends.some(({ method }) => method.endsWith('stuck')), { what: 'the end of the stream' });
    assert.deepEqual(short().at(-1), ['stuck', 'left', 'ERR_RPC_CANCELLED']);
    before = ends.length;
    await calls.good(null);
    await count(before + 1);
    assert.deepEqual(short().slice(before), [['good', 'ok', undefined]]);
  });

  it('whose results are a stream: to its end, failed, and left', async (t) => {
    const service = {
      async *count(to: number) {
        for (let i = 0; i < to; i++) yield i;
      },
      async *breaks() {
        yield 1;
        throw new TypeError('broken');
      },
      one: () => 1,
    };
    const served = await serve(t, service);
    const { ends, count, short } = endsOf(served);
    const { calls } = await call(t, [served]);
    const read = async (stream: AsyncIterable<unknown>, most = Number.POSITIVE_INFINITY) => {
      let items = 0;
      for await (const _ of stream) if (++items >= most) break;
    };
    await read(calls.count.stream(null, 10));
    await failure(read(calls.breaks.stream(null)));
    await failure(read(calls.one.stream(null)));
    await read(calls.count.stream(null, 1e9), 5);
    await count(4);
    assert.deepEqual(short(), [
      ['count', 'ok', undefined],
      ['breaks', 'failed', 'ERR_RPC_REMOTE'],
      ['one', 'failed', 'ERR_RPC_NO_STREAM'],
      ['count', 'left', 'ERR_RPC_CANCELLED'],
    ]);
    assert.ok(ends.every(({ stream }) => stream));
  });

  it('that came through shared mailboxes, with the name of its client', async (t) => {
    const served = await serve(t, { f: () => 1 });
    const { ends, count } = endsOf(served);
    const port = await freePort();
    await lead(t, port, [served]);
    const { calls } = await follow(t, port, [served], { clientId: 'web-2' });
    await calls.f(null);
    await count(1);
    assert.deepEqual([ends[0]?.outcome, ends[0]?.caller?.id], ['ok', 'web-2']);
  });

  it('that came through a custom acceptor', async (t) => {
    let receive: ((...passed: unknown[]) => void) | undefined;
    const acceptorFactory = (_options: unknown, onMessage: (...passed: unknown[]) => void) => {
      receive = onMessage;
      return { listen() {}, close() {} };
    };
    const served = await serve(t, { f: () => 1 }, { acceptorFactory: acceptorFactory as never, port: 3333 });
    const { short } = endsOf(served);
    const message = (method: string) => ({ namespace: 'user', service: 'service', method, args: [] });
    for (const method of ['f', 'nope']) receive?.({}, message(method), () => {});
    assert.deepEqual(short(), [
      ['f', 'ok', undefined],
      ['nope', 'refused', 'ERR_RPC_NO_METHOD'],
    ]);
  });
});
