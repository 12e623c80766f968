import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { RpcCode } from '../../../lib/errors.js';
import { loopLag } from '../../../lib/loop-lag.js';
import type { Channel } from '../../../lib/serving/channel.js';
import { IncomingCall } from '../../../lib/serving/incoming-call.js';
import { type CallSource, ConcurrencyLimit, type ConcurrencyLimitOptions } from '../../../lib/serving/overload.js';
import { mockClock } from '../transport/support.js';

interface Asked {
  readonly oneway: boolean;
  /** The source cannot make a call of it: no such method, or arguments that cannot be decoded. */
  readonly isBroken: boolean;
}

function setUp(t: TestContext, options: Partial<ConcurrencyLimitOptions> = {}) {
  const clock = mockClock(t);
  const lines: string[] = [];
  const write = (line: string) => void lines.push(line);
  const bounds = { maxConcurrent: 2, maxQueued: 2, maxCallsPerConnection: 10, maxEventLoopLag: 0 };
  const apart = { callerShare: 0.7, maxAbandoned: 2, abandonedTimeout: 60_000 };
  const limit = new ConcurrencyLimit({
    ...bounds,
    ...apart,
    logger: { info: write, warn: write, error: write },
    ...options,
  });
  const started: number[] = [];
  const refused: [number, RpcCode | undefined][] = [];
  /** Requests of the limit to the source, in order. */
  const asked: string[] = [];
  const channel: Channel = {
    name: 'test-1',
    invoke(call) {
      asked.push(`start ${call.id}`);
      started.push(call.id);
    },
  };
  const makeSource = () => {
    const source: CallSource<Asked, number> = {
      admitted: 0,
      running: 0,
      isGone: false,
      refuse: (_request, id, why) => void asked.push(`refuse ${id}: ${why}`),
      makeCall({ oneway, isBroken }, id, _channel, deadline) {
        asked.push(`make ${id}`);
        return isBroken ? undefined : new IncomingCall(answerer, id, 'user.m.f', [], oneway, undefined, deadline);
      },
      onQueued: (call) => void asked.push(`queue ${call.id}`),
    };
    const answerer = {
      answerResults() {},
      answerError: (id: number, _error: Error, code: RpcCode | undefined) => void refused.push([id, code]),
      served: (call: IncomingCall) => limit.release(call, source),
    };
    return source;
  };
  const source = makeSource();
  let lastId = 0;
  const tryAdmit = ({
    ms = Number.POSITIVE_INFINITY,
    oneway = false,
    isBroken = false,
    on = channel,
    from = source,
  } = {}) => {
    lastId += 1;
    return limit.admit(from, on, { oneway, isBroken }, lastId, clock.now + ms);
  };
  const admit = (how: Parameters<typeof tryAdmit>[0] = {}): IncomingCall => tryAdmit(how) ?? assert.fail(asked.at(-1));
  return { clock, limit, source, makeSource, started, refused, asked, tryAdmit, admit, lines };
}

describe('ConcurrencyLimit', () => {
  it('starts what there is room for, and the rest in order as room is made', (t) => {
    const { limit, source, started, asked, admit, tryAdmit } = setUp(t);
    const calls = [admit(), admit(), admit(), admit()];
    assert.deepEqual([started, limit.running, limit.queued, source.admitted], [[1, 2], 2, 2, 4]);
    assert.equal(tryAdmit(), undefined);
    assert.equal(
      asked.at(-1),
      'refuse 5: the server is full: calls running: 2 (maxConcurrent); calls queued: 2 (maxQueued)',
    );
    calls[1]?.succeed([]);
    calls.push(admit());
    assert.deepEqual(started, [1, 2, 3]);
    for (const call of calls) call.succeed([]);
    assert.deepEqual([started, limit.running, limit.queued, source.admitted], [[1, 2, 3, 4, 6], 0, 0, 0]);
  });

  it('looks for room, has the call made, and starts or queues it, in this order', (t) => {
    const { asked, tryAdmit } = setUp(t, { maxConcurrent: 1, maxQueued: 1 });
    for (let i = 0; i < 3; i++) tryAdmit();
    assert.deepEqual(asked.slice(0, 4), ['make 1', 'start 1', 'make 2', 'queue 2']);
    assert.match(asked.slice(4).join(), /^refuse 3: [^,]*$/, 'nothing is made of a call without room');
  });

  it('gives no place to a request of which no call can be made', (t) => {
    const { limit, source, tryAdmit, admit } = setUp(t, { maxConcurrent: 1, maxQueued: 1 });
    admit();
    for (let i = 0; i < 3; i++) assert.equal(tryAdmit({ isBroken: true }), undefined);
    assert.deepEqual([limit.running, limit.queued, source.admitted], [1, 0, 1]);
    admit();
    assert.deepEqual([limit.queued, source.admitted], [1, 2]);
  });

  it('starts many that answer at once without a call in a call in a call', (t) => {
    const { limit, source, admit } = setUp(t, { maxConcurrent: 1, maxQueued: 100_000, maxCallsPerConnection: 100_000 });
    const first = admit();
    let started = 0;
    let deepest = 0;
    let depth = 0;
    const on = {
      name: 'test-1',
      invoke(call: IncomingCall) {
        depth += 1;
        deepest = Math.max(deepest, depth);
        started += 1;
        call.succeed([]);
        depth -= 1;
      },
    };
    for (let i = 0; i < 50_000; i++) admit({ on });
    first.succeed([]);
    assert.deepEqual([started, deepest, limit.running, limit.queued, source.admitted], [50_000, 1, 0, 0, 0]);
  });

  it('refuses what waits when its deadline passes, and frees its place in the queue', (t) => {
    const { clock, limit, source, refused, admit } = setUp(t);
    admit();
    admit();
    admit({ ms: 10 });
    const patient = admit({ ms: 500 });
    clock.advance(20);
    assert.deepEqual([refused, limit.queued, source.admitted], [[[3, RpcCode.Timeout]], 1, 3]);
    assert.equal(limit.isQueued(patient), true);
    admit();
  });

  it('does not start what waited too long, although its timer has not fired yet', (t) => {
    const { clock, started, refused, admit } = setUp(t, { maxConcurrent: 1 });
    const first = admit();
    admit({ ms: 10 });
    admit({ ms: 100 });
    t.mock.method(performance, 'now', () => clock.now + 50);
    first.succeed([]);
    assert.deepEqual([started, refused], [[1, 3], [[2, RpcCode.Timeout]]]);
  });

  it('forgets a call that is dropped while it waits', (t) => {
    const { limit, source, started, admit } = setUp(t, { maxConcurrent: 1 });
    const [first, second] = [admit(), admit()];
    second.drop();
    assert.deepEqual([limit.queued, source.admitted], [0, 1]);
    first.succeed([]);
    second.succeed([]);
    assert.deepEqual([started, limit.running, source.admitted], [[1], 0, 0]);
  });

  it('takes the place of a one-way call back at its deadline, once', (t) => {
    const { clock, limit, source, started, admit, lines } = setUp(t, { maxConcurrent: 1 });
    const forgets = admit({ oneway: true, ms: 10 });
    admit({ oneway: true, ms: 5 });
    admit();
    clock.advance(30);
    assert.deepEqual([started, limit.running, limit.queued, source.admitted], [[1, 3], 1, 0, 1]);
    forgets.succeed([]);
    assert.deepEqual([limit.running, source.admitted], [1, 1], 'its answer, when it comes at last, frees nothing more');
    assert.match(String(lines[0]), /dropped a one-way call of "user\.m\.f" from a caller: the deadline passed before/);
  });

  it('refuses more of one connection than it may have, whatever room there is', (t) => {
    const { asked, makeSource, admit, tryAdmit } = setUp(t, { maxConcurrent: 100, maxCallsPerConnection: 2 });
    admit();
    const second = admit();
    assert.equal(tryAdmit(), undefined);
    assert.equal(
      asked.at(-1),
      'refuse 3: the server is full for this connection: 2 of its calls are in progress (maxCallsPerConnection)',
    );
    admit({ from: makeSource() });
    second.succeed([]);
    admit();
  });

  it('refuses calls while the event loop lags more than it may', (t) => {
    const { asked, tryAdmit, admit } = setUp(t, { maxEventLoopLag: 100 });
    let lag = 100;
    t.mock.getter(loopLag, 'ms', () => lag);
    admit();
    lag = 120.4;
    assert.equal(tryAdmit(), undefined);
    const why = 'the server is overloaded: its event loop lags 120 ms, and maxEventLoopLag allows 100 ms';
    assert.equal(asked.at(-1), `refuse 2: ${why}`);
  });

  it('sets no timer for calls that need none', (t) => {
    const { clock, admit } = setUp(t);
    admit({ ms: 10 }).succeed([]);
    admit({ ms: 10 });
    assert.equal(clock.timers, 0);
  });

  it('counts a call apart whose connection has ended, and gives its place to another', (t) => {
    const { clock, limit, source, makeSource, admit, tryAdmit, lines } = setUp(t, { maxConcurrent: 1, maxQueued: 0 });
    const left = admit();
    limit.watch(left, source);
    limit.leave(source);
    assert.equal(tryAdmit({ from: makeSource() }), undefined);
    clock.advance(10);
    assert.deepEqual([limit.running, limit.abandoned, source.admitted, source.running], [0, 1, 0, 0]);
    const next = admit({ from: makeSource() });
    left.succeed([]);
    assert.deepEqual([limit.running, limit.abandoned], [1, 0], 'the end of the call frees nothing more');
    next.succeed([]);
    assert.equal(limit.running, 0);
    clock.advance(1_000);
    assert.deepEqual(lines, [], 'a call that ends within a second is not reported');
  });

  it('counts a late call apart when as much time again as it had has passed', (t) => {
    const { clock, limit, source, admit } = setUp(t, { maxConcurrent: 1 });
    clock.advance(1);
    const call = admit({ ms: 400 });
    call.receivedAt = clock.now;
    limit.watch(call, source);
    clock.advance(790);
    assert.deepEqual([limit.running, limit.abandoned], [1, 0]);
    clock.advance(20);
    assert.deepEqual([limit.running, limit.abandoned, source.running], [0, 1, 0]);
  });

  it('reports abandoned calls together, with the method, and once each', (t) => {
    const abandoned: number[] = [];
    const onAbandoned = (call: IncomingCall) => void abandoned.push(call.id);
    const { clock, limit, source, admit, lines } = setUp(t, { maxConcurrent: 3, maxAbandoned: 9, onAbandoned });
    for (let i = 0; i < 3; i++) limit.watch(admit({ oneway: i === 2 }), source);
    limit.leave(source);
    clock.advance(1_100);
    clock.advance(1_100);
    assert.deepEqual(abandoned, [1, 2], 'a method of a one-way call need not report its end');
    assert.equal(lines.length, 1);
    assert.match(
      String(lines[0]),
      /a method has not answered, .*"user\.m\.f", called by a caller; calls abandoned .* not ended: 3 \(maxAbandoned: 9\), 3 of them of "user\.m\.f"/,
    );
  });

  it('counts no more calls apart than maxAbandoned, refuses by name, and gives the places back in time', (t) => {
    const { clock, limit, makeSource, asked, admit, tryAdmit } = setUp(t, { maxQueued: 0, maxAbandoned: 3 });
    const abandon = (): void => {
      const from = makeSource();
      limit.watch(admit({ from }), from);
      limit.leave(from);
      clock.advance(10);
    };
    for (let i = 0; i < 5; i++) abandon();
    assert.deepEqual([limit.running, limit.abandoned], [2, 3]);
    assert.equal(tryAdmit({ from: makeSource() }), undefined);
    assert.match(
      String(asked.at(-1)),
      /the server is full: calls running: 2 \(maxConcurrent\); .* not ended: 3 \(maxAbandoned: 3\), 3 of them of "user\.m\.f"$/,
    );
    clock.advance(60_100);
    assert.deepEqual([limit.running, limit.abandoned], [0, 2], 'the places that no table has any more');
    abandon();
    clock.advance(62_000);
    assert.deepEqual([limit.running, limit.abandoned], [0, 0]);
  });

  it('gives the place of a one-way call back after a minute, whatever deadline it names', (t) => {
    const { clock, limit, source, admit } = setUp(t, { maxConcurrent: 1 });
    clock.advance(1);
    const call = admit({ ms: 2 ** 31 });
    call.succeed([]);
    const oneway = admit({ oneway: true, ms: 2 ** 31 });
    oneway.receivedAt = clock.now;
    limit.watch(oneway, source);
    clock.advance(59_000);
    assert.equal(limit.running, 1);
    clock.advance(1_100);
    assert.deepEqual([limit.running, source.admitted], [0, 0]);
  });
});

describe('ConcurrencyLimit, callers beside each other', () => {
  it('leaves places for others, however much one caller asks for', (t) => {
    const { limit, source, makeSource, asked, tryAdmit } = setUp(t, {
      maxConcurrent: 10,
      maxQueued: 10,
      maxCallsPerConnection: 100,
    });
    for (let i = 0; i < 30; i++) tryAdmit();
    assert.deepEqual([source.running, limit.queued], [7, 7]);
    assert.equal(
      asked.at(-1),
      'refuse 30: the server is full for this connection: 7 of its calls run, and other connections may use the other free places (callerShare: 0.7); calls queued: 7 (maxQueued)',
    );
    const second = makeSource();
    for (let i = 0; i < 30; i++) tryAdmit({ from: second });
    const third = makeSource();
    assert.deepEqual([second.running, tryAdmit({ from: third })?.isRunning], [2, true]);
  });

  it('starts waiting calls in turn between the callers, and each caller’s in order', (t) => {
    const { makeSource, started, tryAdmit, admit } = setUp(t, { maxConcurrent: 1, maxQueued: 10 });
    const [one, two] = [makeSource(), makeSource()];
    const running = [admit()];
    for (let i = 0; i < 3; i++) running.push(admit({ from: one }));
    running.push(admit({ from: two }));
    assert.equal(tryAdmit({ from: two, isBroken: true }), undefined);
    for (const id of [1, 2, 5, 3, 4]) running.find((call) => call.id === id)?.succeed([]);
    assert.deepEqual(started, [1, 2, 5, 3, 4]);
  });

  it('has a place for a newcomer after eighty callers took all that they may', (t) => {
    const { limit, makeSource, admit, tryAdmit } = setUp(t, {
      maxConcurrent: 10_000,
      maxQueued: 0,
      maxCallsPerConnection: 10_000,
    });
    for (let i = 0; i < 80; i++) {
      const from = makeSource();
      while (tryAdmit({ from }) !== undefined);
    }
    assert.ok(limit.running > 9_700, `${limit.running} run`);
    assert.equal(admit({ from: makeSource() }).isRunning, true);
  });

  it('divides nothing with a callerShare of 1', (t) => {
    const { source, tryAdmit } = setUp(t, { maxConcurrent: 10, maxQueued: 0, callerShare: 1 });
    for (let i = 0; i < 30; i++) tryAdmit();
    assert.equal(source.running, 10);
  });
});
