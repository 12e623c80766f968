import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { RpcCode, RpcError } from '../../../lib/errors.js';
import { Connection } from '../../../lib/transport/connection.js';
import { ControlRequest, sendControl } from '../../../lib/transport/control-request.js';
import { PendingCalls } from '../../../lib/transport/pending-calls.js';
import { FakeStream, mockClock, response, tick } from './support.js';

const HEAD = Buffer.from('{"type":"goaway"}');
const CLOSED = new RpcError(RpcCode.Closed, 'closed by its owner');

function setUp(t: TestContext) {
  const clock = mockClock(t);
  const stream = new FakeStream();
  const pending = new PendingCalls();
  const connection = new Connection(
    stream,
    {
      onRequest: () => {},
      onResponse: (head, frame) => pending.take(frame.id)?.answered(head, frame, undefined as never),
      onActivity: () => {},
      onDrained: () => {},
      onClosed: (reason) => pending.loseAll(reason, connection.handedFrames),
    },
    { maxFrameBytes: 1_000, maxQueuedBytes: 10_000, flushInterval: 0, pauseWhenBlocked: false },
  );
  const ends: string[] = [];
  const request = (timeoutMs = 400) =>
    new ControlRequest(
      'a goaway',
      timeoutMs,
      (head) => ends.push(`answered ${head.type}`),
      ({ message }) => ends.push(message),
    );
  t.after(() => connection.destroy(CLOSED));
  return { clock, stream, pending, connection, ends, request };
}

describe('a control request', () => {
  it('carries its time, and hands over the answer', async (t) => {
    const { stream, connection, pending, ends, request } = setUp(t);
    sendControl(request(), connection, pending, HEAD, Buffer.from('body'));
    await tick();
    const [sent = assert.fail()] = stream.packets;
    assert.deepEqual([sent.head.type, sent.timeout, String(sent.body)], ['goaway', 400, 'body']);
    stream.receive(response(sent.id, { type: 'goaway_res' }));
    assert.deepEqual([ends, pending.size], [['answered goaway_res'], 0]);
  });

  it('fails when its time is over, and names what was not answered', (t) => {
    const { clock, connection, pending, ends, request } = setUp(t);
    sendControl(request(), connection, pending, HEAD);
    clock.advance(410);
    assert.deepEqual(ends, ['no answer to a goaway in 400 ms']);
  });

  it('fails with the connection', (t) => {
    const { connection, pending, ends, request } = setUp(t);
    sendControl(request(), connection, pending, HEAD);
    connection.destroy(CLOSED);
    assert.deepEqual(ends, [CLOSED.message]);
  });

  it('waits for nothing where it cannot be sent', (t) => {
    const { connection, pending, ends, request } = setUp(t);
    const send = () => sendControl(request(), connection, pending, HEAD, Buffer.alloc(2_000));
    assert.throws(send, { code: RpcCode.FrameTooLarge });
    assert.deepEqual([ends, pending.size], [[], 0]);
  });
});
