import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { eventLoop } from '../../../lib/event-loop.js';
import { chooseCodec } from '../../../lib/protocol/codecs.js';
import { type Answerer, IncomingCall } from '../../../lib/serving/incoming-call.js';
import { ProgressReporter } from '../../../lib/serving/progress-reporter.js';
import { Connection } from '../../../lib/transport/connection.js';
import { FakeStream, type MockClock, mockClock, tick } from '../transport/support.js';

const JSON_CODEC = chooseCodec(['json']) ?? assert.fail();
const NOBODY: Answerer = { answerResults() {}, answerError() {}, served() {} };

interface Told {
  readonly id: number;
  readonly heldMs: number;
  readonly isRunning: boolean;
  readonly stallMs: number;
}

function setUp(t: TestContext) {
  const clock = mockClock(t);
  const stream = new FakeStream();
  const handler = { onRequest() {}, onResponse() {}, onActivity() {}, onDrained() {}, onClosed() {} };
  const options = { maxFrameBytes: 10_000, maxQueuedBytes: 10_000, flushInterval: 0, pauseWhenBlocked: true };
  const overdue = new ProgressReporter(new Connection(stream, handler, options), JSON_CODEC, {
    isRead: true,
    onLate() {},
  });
  return {
    clock,
    overdue,
    /** A call that has just come. */
    receive(id: number, timeout: number): IncomingCall {
      const call = new IncomingCall(NOBODY, id, 'user.m.f', [], false, undefined);
      call.isRunning = true;
      overdue.received();
      overdue.add(call, overdue.receivedAt, timeout);
      return call;
    },
    async told(): Promise<Told[]> {
      await tick();
      return stream.packets.flatMap(({ body }) => JSON.parse(body.toString()) as Told[]);
    },
  };
}

async function reportedAfter(t: TestContext, timeout: number): Promise<number> {
  const { clock, receive, told } = setUp(t);
  receive(1, timeout);
  const ms = await advanceUntil(clock, async () => (await told()).length > 0, timeout);
  t.mock.restoreAll();
  return ms;
}

async function advanceUntil(clock: MockClock, isDone: () => Promise<boolean>, limit: number): Promise<number> {
  for (let ms = 1; ms <= limit; ms++) {
    clock.advance(1);
    if (await isDone()) return ms;
  }
  return assert.fail('nothing was told in time');
}

describe('ProgressReporter', () => {
  it('tells of a call that is still running shortly before its deadline, once', async (t) => {
    const { clock, receive, told } = setUp(t);
    t.mock.method(eventLoop, 'longestStallAround', () => 7);
    receive(5, 500);
    clock.advance(399);
    assert.deepEqual(await told(), []);
    clock.advance(1);
    assert.deepEqual(await told(), [{ id: 5, heldMs: 400, isRunning: true, stallMs: 7 }]);
    clock.advance(1_000);
    assert.equal((await told()).length, 1);
    assert.equal(clock.timers, 0);
  });

  it('tells of one that waits for its turn that it does', async (t) => {
    const { clock, receive, told } = setUp(t);
    receive(5, 500).isRunning = false;
    clock.advance(400);
    assert.deepEqual(
      (await told()).map(({ isRunning }) => isRunning),
      [false],
    );
  });

  it('leaves the report a fifth of the time to arrive in: 10 ms at least, 500 ms at most, half of a short one', async (t) => {
    const after: number[] = [];
    for (const timeout of [10, 60, 1_000]) after.push(await reportedAfter(t, timeout));
    assert.deepEqual(after, [5, 48, 800]);
    const { clock, receive, told } = setUp(t);
    receive(1, 30_000);
    clock.advance(29_499);
    assert.deepEqual(await told(), []);
    clock.advance(1);
    assert.equal((await told()).length, 1);
  });

  it('reckons with the time for which a call may have lain unread', async (t) => {
    const { clock, receive, told } = setUp(t);
    t.mock.method(eventLoop, 'justBlocked', () => 300);
    receive(1, 1_000);
    clock.advance(499);
    assert.deepEqual(await told(), []);
    clock.advance(1);
    assert.deepEqual(await told(), [{ id: 1, heldMs: 500, isRunning: true, stallMs: 0 }]);
    t.mock.method(eventLoop, 'justBlocked', () => 3_000);
    receive(2, 1_000);
    clock.advance(1);
    assert.equal((await told()).length, 2, 'at once where it must have run out of time');
  });

  it('tells nothing of those that were answered, whichever of them', async (t) => {
    const { clock, overdue, receive, told } = setUp(t);
    const calls = [1, 2, 3, 4, 5].map((id) => receive(id, 100));
    for (const at of [2, 0, 4]) overdue.delete(calls[at] as IncomingCall);
    for (const at of [2, 0, 4]) overdue.delete(calls[at] as IncomingCall); // again
    overdue.delete(new IncomingCall(NOBODY, 9, 'user.m.f', [], false, undefined)); // never added
    clock.advance(100);
    assert.deepEqual((await told()).map(({ id }) => id).sort(), [2, 4]);
  });

  it('tells of each in its own time', async (t) => {
    const { clock, receive, told } = setUp(t);
    receive(1, 1_000);
    clock.advance(100);
    receive(2, 200);
    clock.advance(160);
    assert.deepEqual(
      (await told()).map(({ id }) => id),
      [2],
    );
    clock.advance(540);
    assert.deepEqual(
      (await told()).map(({ id }) => id),
      [2, 1],
    );
  });

  it('tells nobody once it was stopped', async (t) => {
    const { clock, overdue, receive, told } = setUp(t);
    const call = receive(1, 100);
    receive(2, 100);
    overdue.stop();
    overdue.delete(call);
    clock.advance(200);
    assert.deepEqual([await told(), clock.timers], [[], 0]);
  });

  it('has the event loop watched while calls run, and no longer', (t) => {
    const { clock, overdue, receive } = setUp(t);
    const count = (name: 'enter' | 'leave') => (eventLoop[name] as unknown as { mock: { callCount(): number } }).mock;
    const watching = () => count('enter').callCount() - count('leave').callCount();
    const [a, b] = [receive(1, 100), receive(2, 100)];
    assert.equal(watching(), 1);
    overdue.delete(a);
    overdue.delete(a);
    assert.equal(watching(), 1);
    overdue.delete(b);
    assert.equal(watching(), 0);
    receive(3, 100);
    clock.advance(100);
    assert.equal(watching(), 0, 'it was told of');
    receive(4, 100);
    overdue.stop();
    overdue.stop();
    assert.equal(watching(), 0);
  });
});
