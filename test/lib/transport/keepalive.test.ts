import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { RpcCode, RpcError } from '../../../lib/errors.js';
import { Connection } from '../../../lib/transport/connection.js';
import type { Silence } from '../../../lib/transport/heartbeat.js';
import { Keepalive, type KeepaliveOptions } from '../../../lib/transport/keepalive.js';
import { PendingCalls } from '../../../lib/transport/pending-calls.js';
import { FakeStream, mockClock, response, tick } from './support.js';

const CLOSED = new RpcError(RpcCode.Closed, 'closed by its owner');

/** A connection whose heartbeats are answered by the test. */
function setUp(t: TestContext, options: Partial<KeepaliveOptions> = {}) {
  const clock = mockClock(t);
  const stream = new FakeStream();
  const pending = new PendingCalls();
  const deaths: Silence[] = [];
  const connection = new Connection(
    stream,
    {
      onRequest: () => {},
      onResponse: (head, frame) => pending.take(frame.id)?.answered(head, frame, undefined as never),
      onActivity: () => keepalive.heard(),
      onDrained: () => {},
      onClosed: () => {},
    },
    { maxFrameBytes: 64 * 1024, maxQueuedBytes: 1_000_000, flushInterval: 0, pauseWhenBlocked: true },
  );
  const keepalive = new Keepalive(connection, pending, {
    interval: 1_000,
    onDead: (silence) => deaths.push(silence),
    ...options,
  });
  t.after(() => {
    keepalive.stop();
    connection.destroy(CLOSED);
  });
  return { clock, stream, pending, connection, keepalive, deaths };
}

describe('Keepalive', () => {
  it('sends a heartbeat after an interval of silence, and counts it until it is answered', async (t) => {
    const { clock, stream, keepalive, pending, deaths } = setUp(t);
    clock.advance(1_000);
    await tick();
    const [ping = assert.fail()] = stream.packets;
    assert.deepEqual([ping.head.type, keepalive.unanswered, pending.size], ['heartbeat', 1, 1]);
    stream.receive(response(ping.id, { type: 'heartbeat_res' }));
    assert.deepEqual([keepalive.unanswered, pending.size], [0, 0]);
    clock.advance(1_999);
    assert.deepEqual(deaths, []);
  });

  it('reports a peer that stays silent', (t) => {
    const { clock, deaths } = setUp(t);
    clock.advance(2_000);
    assert.deepEqual(
      deaths.map(({ silentMs }) => silentMs),
      [2_000],
    );
  });

  it('counts what a blocked peer reads as life, where it is asked to', async (t) => {
    for (const [countReading, expected] of [
      [true, 0],
      [false, 1],
    ] as const) {
      const { clock, stream, connection, deaths } = setUp(t, { countReading });
      stream.accepts = false;
      connection.send(1, 1, 1, Buffer.from('{}'), Buffer.alloc(10_000));
      await tick();
      assert.equal(connection.isBlocked, true);
      for (let i = 0; i < 4; i++) {
        clock.advance(1_000);
        stream.pendingBytes -= 1_000; // the peer reads on, and answers nothing
      }
      assert.equal(deaths.length, expected);
    }
  });

  it('sends none behind a queue that is full, as a long frame makes it, and leaves the connection alone', async (t) => {
    const { clock, stream, connection, keepalive } = setUp(t, { misses: 100 });
    stream.accepts = false;
    connection.send(1, 1, 1, Buffer.from('{}'), Buffer.alloc(10_000));
    await tick();
    stream.pendingBytes = 64 * 1024 * 1024;
    clock.advance(1_000);
    assert.deepEqual([keepalive.unanswered, connection.isClosed], [0, false]);
    stream.pendingBytes = 0;
    clock.advance(1_000);
    assert.deepEqual([keepalive.unanswered, connection.isClosed], [1, false], 'and goes on once there is room');
  });

  it('is quiet once it is stopped', (t) => {
    const { clock, stream, keepalive, deaths } = setUp(t);
    keepalive.stop();
    clock.advance(10_000);
    assert.deepEqual([stream.packets, deaths], [[], []]);
  });
});
