import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { RpcCode } from '../../../lib/errors.js';
import type { Channel } from '../../../lib/serving/channel.js';
import { IncomingCall } from '../../../lib/serving/incoming-call.js';
import { ConcurrencyLimit, type ConcurrencyLimitOptions, type ConnectionCalls } from '../../../lib/serving/overload.js';
import { mockClock } from '../transport/support.js';

function setUp(t: TestContext, options: Partial<ConcurrencyLimitOptions> = {}) {
  const clock = mockClock(t);
  const lines: string[] = [];
  const write = (line: string) => void lines.push(line);
  const bounds = { maxConcurrent: 2, maxQueued: 2, maxCallsPerConnection: 10, maxEventLoopLag: 0 };
  const gate = new ConcurrencyLimit({ ...bounds, logger: { info: write, warn: write, error: write }, ...options });
  const share: ConnectionCalls = { calls: 0 };
  const started: number[] = [];
  const refused: [number, RpcCode | undefined][] = [];
  const channel: Channel = { name: 'test-1', invoke: (call) => void started.push(call.id) };
  const answerer = {
    answerResults() {},
    answerError: (id: number, _error: Error, code: RpcCode | undefined) => void refused.push([id, code]),
    served: (call: IncomingCall) => gate.left(call, share),
  };
  let lastId = 0;
  const letIn = ({ ms = Number.POSITIVE_INFINITY, oneway = false, on = channel } = {}) => {
    lastId += 1;
    const call = new IncomingCall(answerer, lastId, 'user.m.f', [], oneway, undefined, clock.now + ms);
    gate.letIn(call, on, share);
    return call;
  };
  return { clock, gate, share, started, refused, letIn, lines };
}

describe('ConcurrencyLimit', () => {
  it('starts what there is room for, and the rest in order as room is made', (t) => {
    const { gate, share, started, letIn } = setUp(t);
    const calls = [letIn(), letIn(), letIn(), letIn()];
    assert.deepEqual([started, gate.running, gate.queued, share.calls], [[1, 2], 2, 2, 4]);
    assert.match(String(gate.whyNot(share)), /^2 calls run \(maxConcurrent\) and 2 wait \(maxQueued\) already$/);
    calls[1]?.succeed([]);
    assert.equal(gate.whyNot(share), undefined);
    assert.deepEqual(started, [1, 2, 3]);
    for (const call of calls) call.succeed([]);
    assert.deepEqual([started, gate.running, gate.queued, share.calls], [[1, 2, 3, 4], 0, 0, 0]);
  });

  it('starts many that answer at once without a call in a call in a call', (t) => {
    const { gate, share, letIn } = setUp(t, { maxConcurrent: 1, maxQueued: 100_000 });
    const first = letIn();
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
    for (let i = 0; i < 50_000; i++) letIn({ on });
    first.succeed([]);
    assert.deepEqual([started, deepest, gate.running, gate.queued, share.calls], [50_000, 1, 0, 0, 0]);
  });

  it('refuses what waits when its deadline passes, and frees its place in the queue', (t) => {
    const { clock, gate, share, refused, letIn } = setUp(t);
    letIn();
    letIn();
    letIn({ ms: 10 });
    const patient = letIn({ ms: 500 });
    clock.advance(20);
    assert.deepEqual([refused, gate.queued, share.calls], [[[3, RpcCode.Timeout]], 1, 3]);
    assert.equal(gate.isWaiting(patient), true);
    assert.equal(gate.whyNot(share), undefined);
  });

  it('does not start what waited too long, although its timer has not fired yet', (t) => {
    const { clock, started, refused, letIn } = setUp(t, { maxConcurrent: 1 });
    const first = letIn();
    letIn({ ms: 10 });
    letIn({ ms: 100 });
    t.mock.method(performance, 'now', () => clock.now + 50);
    first.succeed([]);
    assert.deepEqual([started, refused], [[1, 3], [[2, RpcCode.Timeout]]]);
  });

  it('forgets a call that is dropped while it waits', (t) => {
    const { gate, share, started, letIn } = setUp(t, { maxConcurrent: 1 });
    const [first, second] = [letIn(), letIn()];
    second.drop();
    assert.deepEqual([gate.queued, share.calls], [0, 1]);
    first.succeed([]);
    second.succeed([]);
    assert.deepEqual([started, gate.running, share.calls], [[1], 0, 0]);
  });

  it('takes the place of a one-way call back at its deadline, once', (t) => {
    const { clock, gate, share, started, letIn, lines } = setUp(t, { maxConcurrent: 1 });
    const forgets = letIn({ oneway: true, ms: 10 });
    letIn({ oneway: true, ms: 5 });
    letIn();
    clock.advance(30);
    assert.deepEqual([started, gate.running, gate.queued, share.calls], [[1, 3], 1, 0, 1]);
    forgets.succeed([]);
    assert.deepEqual([gate.running, share.calls], [1, 1], 'its answer, when it comes at last, frees nothing more');
    assert.match(String(lines[0]), /dropped a one-way call of "user\.m\.f" from a caller: its time was over/);
  });

  it('refuses more of one connection than it may have, whatever room there is', (t) => {
    const { gate, share, letIn } = setUp(t, { maxConcurrent: 100, maxCallsPerConnection: 2 });
    letIn();
    const second = letIn();
    assert.match(String(gate.whyNot(share)), /maxCallsPerConnection allows no more/);
    assert.equal(gate.whyNot({ calls: 0 }), undefined, 'another one');
    second.succeed([]);
    assert.equal(gate.whyNot(share), undefined);
  });

  it('sets no timer for calls that need none', (t) => {
    const { clock, letIn } = setUp(t);
    letIn({ ms: 10 }).succeed([]);
    letIn({ ms: 10 });
    assert.equal(clock.timers, 0);
  });
});
