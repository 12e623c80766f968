import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { Connection } from '../../../lib/transport/connection.js';
import { FakeStream, request, tick } from './support.js';

/** An end that passes requests on, at a clock of its own: each takes `ms`. */
function passingOn(t: TestContext, ms: number) {
  let now = 1_000;
  t.mock.method(performance, 'now', () => now);
  const stream = new FakeStream();
  const handled: number[] = [];
  new Connection(
    stream,
    {
      onRequest: (_head, { id }) => {
        handled.push(id);
        now += ms;
      },
      onResponse: () => {},
      onActivity: () => {},
      onDrained: () => {},
      onClosed: () => {},
    },
    { maxFrameBytes: 1_000_000, maxQueuedBytes: 10_000, flushInterval: 0, pauseWhenBlocked: true, relays: true },
  );
  return { stream, handled };
}

function requests(count: number): Buffer {
  return Buffer.concat(Array.from({ length: count }, (_, at) => request(at + 1, { type: 'heartbeat' })));
}

const upTo = (count: number) => Array.from({ length: count }, (_, at) => at + 1);

describe('FrameIntake at an end that passes requests on', () => {
  it('waits for no answers inside a chunk', (t) => {
    const { stream, handled } = passingOn(t, 0);
    stream.receive(requests(500));
    assert.deepEqual(handled, upTo(500));
  });

  it('leaves the event loop to others after a while all the same', async (t) => {
    const { stream, handled } = passingOn(t, 6);
    stream.receive(requests(40));
    assert.ok(handled.length <= 4, `${handled.length} requests of 6 ms each in one turn`);
    while (handled.length < 40) await tick();
    assert.deepEqual(handled, upTo(40));
  });
});
