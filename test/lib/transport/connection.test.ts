import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { RpcCode, RpcError } from '../../../lib/errors.js';
import { ByteBudget } from '../../../lib/transport/byte-budget.js';
import { Connection } from '../../../lib/transport/connection.js';
import type { ConnectionOptions } from '../../../lib/transport/connection-contract.js';
import { FakeStream, mockClock, packetsOf, request, response, tick } from './support.js';

const HEAD = Buffer.from('{"type":"heartbeat"}');
const REQUEST = 0;
const RESPONSE = 1;
const CLOSED = new RpcError(RpcCode.Closed, 'closed by its owner');

interface Setup {
  readonly stream: FakeStream;
  readonly connection: Connection;
  /** `request 1`, `response 2`, `activity`, `closed ERR_RPC_...`, in order. */
  readonly events: string[];
  onRequest?: (id: number) => void;
  onClosed?: () => void;
}

function setUp(options: Partial<ConnectionOptions> = {}): Setup {
  const stream = new FakeStream();
  const events: string[] = [];
  const setup = { stream, events } as unknown as { connection: Connection } & Setup;
  setup.connection = new Connection(
    stream,
    {
      onRequest: (_head, { id }) => {
        events.push(`request ${id}`);
        setup.onRequest?.(id);
      },
      onResponse: (_head, { id }) => events.push(`response ${id}`),
      onActivity: () => events.push('activity'),
      onDrained: () => {},
      onClosed: (reason) => {
        events.push(`closed ${reason.code}`);
        setup.onClosed?.();
      },
    },
    { maxFrameBytes: 64 * 1024, maxQueuedBytes: 1_000, flushInterval: 0, pauseWhenBlocked: false, ...options },
  );
  return setup;
}

function send(connection: Connection, count: number, firstId = 1): void {
  for (let i = 0; i < count; i++) connection.send(REQUEST, firstId + i, 1_000, HEAD);
}

function sendBody(connection: Connection, id: number, bytes: number): void {
  connection.begin(REQUEST, id, 1_000, HEAD).append(Buffer.alloc(bytes, 7), 0, bytes);
  connection.commit();
}

const ids = (stream: FakeStream) => stream.packets.map(({ id }) => id);

/** The code of what it throws. */
function codeOf(action: () => void): string | undefined {
  try {
    action();
  } catch (error) {
    return (error as RpcError).code;
  }
  return undefined;
}

describe('Connection, writing', () => {
  it('writes all the frames of a tick as one piece, at its end', async () => {
    const { stream, connection } = setUp();
    send(connection, 3);
    assert.equal(stream.writes.length, 0);
    await tick();
    assert.equal(stream.writes.length, 1);
    assert.deepEqual(ids(stream), [1, 2, 3]);
    const [first] = stream.packets;
    assert.deepEqual([first?.kind, first?.timeout, first?.head], [0, 1_000, { type: 'heartbeat' }]);
  });

  it('counts what was committed, and what was given to the stream', async () => {
    const { connection } = setUp();
    send(connection, 3);
    assert.deepEqual([connection.committedFrames, connection.handedFrames], [3, 0]);
    assert.ok(connection.queuedBytes > 3 * 24);
    await tick();
    assert.deepEqual([connection.committedFrames, connection.handedFrames, connection.queuedBytes], [3, 3, 0]);
  });

  it('writes early at the 16th frame of a tick', async () => {
    const { stream, connection } = setUp();
    send(connection, 15);
    assert.equal(stream.writes.length, 0);
    send(connection, 1, 16);
    assert.equal(stream.writes.length, 1);
    send(connection, 3, 17);
    await tick();
    assert.deepEqual(
      stream.writes.map((write) => packetsOf(write).length),
      [16, 3],
    );
  });

  it('writes early after a quarter of what the last tick sent, where that is more than 16', async () => {
    const { stream, connection } = setUp();
    send(connection, 200);
    await tick();
    const before = stream.writes.length;
    send(connection, 49);
    assert.equal(stream.writes.length, before);
    send(connection, 1);
    assert.equal(stream.writes.length, before + 1, 'a quarter of 200');
    await tick();
    send(connection, 16);
    assert.equal(stream.writes.length, before + 2, 'a quarter of 50 is less than 16');
  });

  it('gathers frames for flushInterval instead, however many', (t) => {
    const clock = mockClock(t);
    const { stream, connection } = setUp({ flushInterval: 50, maxQueuedBytes: 1_000_000 });
    for (let id = 1; id <= 100; id++) sendBody(connection, id, 5);
    clock.advance(49);
    assert.equal(stream.writes.length, 0);
    clock.advance(1);
    assert.equal(stream.writes.length, 1);
    assert.equal(stream.packets.length, 100);
    sendBody(connection, 101, 5);
    clock.advance(50);
    assert.equal(stream.writes.length, 2);
  });

  it('never lets a frame that could not be encoded onto the wire', async () => {
    const { stream, connection } = setUp();
    send(connection, 1, 1);
    connection.begin(REQUEST, 2, 1_000, HEAD).appendUtf8('half of an argument');
    connection.rollback();
    send(connection, 1, 3);
    await tick();
    assert.deepEqual(ids(stream), [1, 3]);
    assert.equal(stream.written.includes('half'), false);
    assert.equal(connection.committedFrames, 2);
  });

  it('refuses a frame over maxFrameBytes, and the next one goes', async () => {
    const { stream, connection } = setUp({ maxFrameBytes: 100_000 });
    assert.equal(
      codeOf(() => sendBody(connection, 1, 100_000)),
      RpcCode.FrameTooLarge,
    );
    connection.rollback();
    sendBody(connection, 2, 90_000);
    await tick();
    assert.deepEqual(
      stream.packets.map(({ id, body }) => [id, body.length]),
      [[2, 90_000]],
    );
  });

  it('refuses a frame that is begun inside another, which is not harmed', async () => {
    const { stream, connection } = setUp();
    const out = connection.begin(REQUEST, 1, 1_000, HEAD);
    out.appendUtf8('outer, ');
    assert.equal(
      codeOf(() => connection.begin(REQUEST, 2, 1_000, HEAD)),
      RpcCode.Encode,
    );
    out.appendUtf8('whole');
    connection.commit();
    await tick();
    assert.deepEqual(
      stream.packets.map(({ id, body }) => [id, body.toString()]),
      [[1, 'outer, whole']],
    );
  });
});

describe('Connection, over a stream that is full', () => {
  it('keeps frames until the stream has drained, and writes them then', async () => {
    const { stream, connection } = setUp();
    stream.accepts = false;
    send(connection, 1, 1);
    await tick();
    send(connection, 5, 2);
    await tick();
    assert.equal(stream.writes.length, 1, 'nothing is written to a stream that asks for no more');
    assert.deepEqual([connection.committedFrames, connection.handedFrames], [6, 1]);
    stream.drain();
    assert.deepEqual(ids(stream), [1, 2, 3, 4, 5, 6]);
    assert.equal(stream.writes.length, 2);
    assert.equal(connection.handedFrames, 6);
  });

  it('refuses a frame when more than maxQueuedBytes wait, and takes it when they have left', async () => {
    const { stream, connection } = setUp({ maxQueuedBytes: 500 });
    stream.accepts = false;
    sendBody(connection, 1, 400);
    await tick();
    sendBody(connection, 2, 100);
    assert.ok(connection.queuedBytes > 500);
    assert.throws(() => connection.begin(REQUEST, 3, 1_000, HEAD), {
      code: RpcCode.QueueFull,
      delivery: 'not-sent',
      message: /bytes wait to be written to fake:1; maxQueuedBytes allows 500/,
    });
    stream.drain();
    sendBody(connection, 4, 10);
    await tick();
    assert.deepEqual(ids(stream), [1, 2, 4]);
  });

  it('bounds what waits for the end of flushInterval too', (t) => {
    mockClock(t);
    const { connection } = setUp({ flushInterval: 50, maxQueuedBytes: 10_000 });
    assert.equal(
      codeOf(() => {
        for (let id = 1; id < 1_000; id++) sendBody(connection, id, 100);
      }),
      RpcCode.QueueFull,
    );
  });

  it('does not read while the peer does not, where it was told so', async () => {
    const { stream, connection } = setUp({ pauseWhenBlocked: true });
    stream.accepts = false;
    send(connection, 1);
    await tick();
    assert.equal(stream.isPaused, true);
    stream.drain();
    assert.equal(stream.isPaused, false);
  });

  it('stays paused when what it had kept fills the stream again', async () => {
    const { stream, connection } = setUp({ pauseWhenBlocked: true });
    stream.accepts = false;
    send(connection, 1, 1);
    await tick();
    send(connection, 1, 2);
    stream.pendingBytes = 0;
    stream.handler.onDrain();
    assert.deepEqual([stream.isPaused, stream.writes.length], [true, 2]);
    stream.drain();
    assert.equal(stream.isPaused, false);
  });

  it('reads on while the peer does not, where it was not', async () => {
    const { stream, connection } = setUp({ pauseWhenBlocked: false });
    stream.accepts = false;
    send(connection, 1);
    await tick();
    assert.equal(stream.isPaused, false);
  });
});

describe('Connection, reading', () => {
  it('hands on whole frames, however they were cut', () => {
    const { stream, connection, events } = setUp();
    const bytes = Buffer.concat([request(1, { type: 'heartbeat' }), response(2, { type: 'heartbeat_res' })]);
    stream.receive(bytes.subarray(0, 30), bytes.subarray(30, 31));
    assert.equal(connection.isMidFrame, true);
    stream.receive(bytes.subarray(31));
    assert.deepEqual(
      events.filter((event) => event !== 'activity'),
      ['request 1', 'response 2'],
    );
    assert.deepEqual([connection.isMidFrame, connection.receivedFrames], [false, 2]);
    assert.equal(events.filter((event) => event === 'activity').length, 3, 'any bytes are a sign of life');
  });

  const bad: [what: string, bytes: Buffer, code: string][] = [
    ['garbage', Buffer.from('GET / HTTP/1.1\r\nhost: nobody\r\n\r\n'), RpcCode.Protocol],
    ['a conn object that is no JSON', request(1, '{"type":'), RpcCode.Protocol],
    ['a conn object that is no object', request(1, '[]'), RpcCode.Protocol],
    ['a frame over maxFrameBytes', request(1, { type: 'heartbeat' }, Buffer.alloc(70_000)), RpcCode.FrameTooLarge],
  ];
  for (const [what, bytes, code] of bad) {
    it(`closes on ${what}, and hands on nothing more`, () => {
      const { stream, events } = setUp();
      stream.receive(Buffer.concat([bytes, request(2, { type: 'heartbeat' })]));
      assert.deepEqual(events, ['activity', `closed ${code}`]);
      assert.equal(stream.isDestroyed, true);
      stream.receive(request(3, { type: 'heartbeat' }));
      assert.equal(events.length, 2);
    });
  }

  it('closes when its handler throws', () => {
    const setup = setUp();
    setup.onRequest = () => {
      throw new Error('a bug');
    };
    setup.stream.receive(Buffer.concat([request(1, {}), request(2, {})]));
    assert.deepEqual(setup.events, ['activity', 'request 1', `closed ${RpcCode.Protocol}`]);
  });

  it('hands on nothing of a chunk in which it was closed', () => {
    const setup = setUp();
    setup.onRequest = () => setup.connection.destroy(CLOSED);
    setup.stream.receive(Buffer.concat([request(1, {}), request(2, {})]));
    assert.deepEqual(setup.events, ['activity', 'request 1', `closed ${RpcCode.Closed}`]);
  });
});

describe('Connection, ending', () => {
  it('tells its handler once, whoever ends it', async () => {
    const { stream, connection, events } = setUp();
    stream.close();
    stream.close(new Error('ECONNRESET'));
    connection.destroy(CLOSED);
    connection.end(CLOSED, 2_000);
    connection.send(REQUEST, 1, 1_000, HEAD);
    await tick();
    assert.deepEqual(events, [`closed ${RpcCode.ConnectionLost}`]);
    assert.equal(connection.isOpen, false);
    assert.equal(stream.writes.length, 0);
  });

  it('names the peer, and what the system said', () => {
    const reasons: RpcError[] = [];
    const stream = new FakeStream();
    const ignore = () => {};
    const handler = {
      onRequest: ignore,
      onResponse: ignore,
      onActivity: ignore,
      onDrained: ignore,
      onClosed: (reason: RpcError) => reasons.push(reason),
    };
    new Connection(stream, handler, {
      maxFrameBytes: 100,
      maxQueuedBytes: 0,
      flushInterval: 0,
      pauseWhenBlocked: false,
    });
    const cause = new Error('read ECONNRESET');
    stream.close(cause);
    assert.equal(reasons[0]?.message, 'connection to fake:1 lost: read ECONNRESET');
    assert.equal(reasons[0]?.cause, cause);
  });

  it('writes what is queued before it ends in order', () => {
    const { stream, connection, events } = setUp();
    send(connection, 2);
    connection.end(CLOSED, 2_000);
    assert.deepEqual(ids(stream), [1, 2]);
    assert.deepEqual([stream.isEnded, stream.isDestroyed, connection.isOpen, events], [true, false, false, []]);
    stream.receive(response(1, {}));
    stream.close();
    assert.deepEqual(
      events,
      ['activity', 'response 1', `closed ${RpcCode.Closed}`],
      'with the reason it was ended for',
    );
  });

  it('gives a full stream all that is left', async () => {
    const { stream, connection } = setUp();
    stream.accepts = false;
    send(connection, 1, 1);
    await tick();
    send(connection, 2, 2);
    connection.end(CLOSED, 2_000);
    assert.deepEqual(ids(stream), [1, 2, 3]);
    assert.equal(connection.handedFrames, 3);
  });

  it('reads on when a stream that was full has passed on what is left, or the peer’s end would go unread', async () => {
    const { stream, connection } = setUp({ pauseWhenBlocked: true });
    stream.accepts = false;
    send(connection, 1);
    await tick();
    assert.deepEqual([connection.isBlocked, stream.isPaused], [true, true]);
    connection.end(CLOSED, 2_000);
    assert.deepEqual([connection.isBlocked, connection.isOpen, stream.isEnded], [true, false, true]);
    stream.drain();
    assert.deepEqual([connection.isBlocked, connection.isOpen, stream.isPaused], [false, false, false]);
    connection.destroy(CLOSED);
  });

  it('counts frames of its own that wait, such as values of a shared client, in the bound of the port', async () => {
    const unread = new ByteBudget(10_000, 'unread answers', 'maxUnreadBytes', () => {});
    const partial = new ByteBudget(10_000, 'unfinished requests', 'maxPartialBytes', () => {});
    const { stream, connection, events } = setUp({ maxQueuedBytes: 1_000_000, portBytes: { unread, partial } });
    stream.accepts = false;
    for (let i = 0; i < 3; i++) {
      connection.send(REQUEST, i, 1_000, HEAD, Buffer.alloc(4_000));
      await tick();
    }
    assert.ok(unread.used > 8_000, `${unread.used} bytes`);
    for (let i = 0; i < 3; i++) connection.send(REQUEST, i, 1_000, HEAD, Buffer.alloc(4_000));
    assert.deepEqual([events, unread.used], [[`closed ${RpcCode.Overloaded}`], 0]);
  });

  it('stays open when its stream drains that was never full', async () => {
    const { stream, connection } = setUp();
    stream.drain();
    assert.equal(connection.isOpen, true);
    send(connection, 1);
    await tick();
    assert.deepEqual(ids(stream), [1]);
  });

  it('writes nothing after the end, whatever still comes in', async () => {
    const setup = setUp();
    setup.onRequest = (id) => setup.connection.send(RESPONSE, id, 1, HEAD);
    setup.connection.end(CLOSED, 2_000);
    setup.stream.receive(request(1, { type: 'heartbeat' }));
    await tick(); // FakeStream throws when it is written to after its end, as a socket fails
    assert.equal(setup.stream.writes.length, 0);
    assert.equal(setup.stream.isDestroyed, false);
  });

  it('does not wait for a deaf peer: after 2 s the stream is destroyed', (t: TestContext) => {
    const clock = mockClock(t);
    const { stream, connection, events } = setUp();
    connection.end(CLOSED, 2_000);
    clock.advance(1_999);
    assert.deepEqual([stream.isDestroyed, events.length], [false, 0]);
    clock.advance(1);
    assert.equal(stream.isDestroyed, true);
    assert.deepEqual(events, [`closed ${RpcCode.Closed}`]);
  });

  it('leaves no timer when it is closed', (t) => {
    const clock = mockClock(t);
    const { stream, connection } = setUp({ flushInterval: 50 });
    send(connection, 1);
    connection.end(CLOSED, 2_000);
    stream.close();
    assert.equal(clock.timers, 0);
  });

  it('destroys the stream even when its handler throws', () => {
    const setup = setUp();
    setup.onClosed = () => {
      throw new Error("a listener of the user's");
    };
    assert.throws(() => setup.connection.destroy(CLOSED));
    assert.equal(setup.stream.isDestroyed, true);
  });
});
