import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, it } from 'node:test';
import { RpcCode, type RpcError } from '../../../lib/errors.js';
import { Connection } from '../../../lib/transport/connection.js';
import { intakeTurns } from '../../../lib/transport/intake-turns.js';
import { FakeStream, request, tick } from './support.js';

const HEAD = Buffer.from('{"type":"invoke_result"}');
const RESPONSE = 1;

/** An answering end whose handler is given by the test. */
function answering(onRequest: (id: number, connection: Connection) => void, maxQueuedBytes = 10_000) {
  const stream = new FakeStream();
  const handled: number[] = [];
  const closed: RpcError[] = [];
  const connection: Connection = new Connection(
    stream,
    {
      onRequest: (_head, { id }) => {
        handled.push(id);
        onRequest(id, connection);
      },
      onResponse: () => {},
      onActivity: () => {},
      onDrained: () => {},
      onClosed: (reason) => closed.push(reason),
    },
    { maxFrameBytes: 1_000_000, maxQueuedBytes, flushInterval: 0, pauseWhenBlocked: true },
  );
  return { stream, connection, handled, closed };
}

function answer(connection: Connection, id: number, bytes: number): void {
  if (!connection.isOpen) return;
  connection.begin(RESPONSE, id, 1, HEAD).append(Buffer.alloc(bytes), 0, bytes);
  connection.commit();
}

function requests(count: number, firstId = 1): Buffer {
  return Buffer.concat(Array.from({ length: count }, (_, at) => request(firstId + at, { type: 'heartbeat' })));
}

const upTo = (count: number) => Array.from({ length: count }, (_, at) => at + 1);

describe('FrameIntake at an answering end', () => {
  it('stops inside a chunk when the first large answer fills the stream, and continues when the stream drains', () => {
    const { stream, handled } = answering((id, connection) => answer(connection, id, 100_000));
    stream.accepts = false;
    stream.receive(requests(50));
    assert.deepEqual(handled, [1]);
    assert.equal(stream.isPaused, true);
    for (let drained = 2; drained <= 50; drained++) {
      stream.pendingBytes = 0;
      stream.handler.onDrain();
      assert.deepEqual(handled, upTo(drained), 'one request for each answer that was read');
    }
    stream.drain();
    assert.equal(stream.isPaused, false);
  });

  it('handles no more than a batch before answers that come after promise reactions are seen', async () => {
    const { stream, handled } = answering(async (id, connection) => {
      await undefined;
      answer(connection, id, 100_000);
    }, 10_000_000);
    stream.receive(requests(200));
    stream.accepts = false;
    await tick();
    assert.ok(handled.length <= 16, `${handled.length} requests were handled`);
    for (let drains = 0; handled.length < 200 && drains < 1_000; drains++) {
      const before = handled.length;
      stream.pendingBytes = 0;
      stream.handler.onDrain();
      await tick();
      assert.ok(handled.length - before <= 16, `${handled.length - before} requests for one drain`);
    }
    assert.deepEqual(handled, upTo(200));
  });

  it('handles a whole chunk where answers are small', async () => {
    const { stream, handled } = answering((id, connection) => answer(connection, id, 10), 1_000_000);
    stream.receive(requests(500));
    for (let turns = 0; stream.isPaused && turns < 20; turns++) await tick(); // a slow machine needs more than one
    assert.deepEqual(handled, upTo(500));
  });

  it('handles a chunk of requests that are not answered within the tick, too', async () => {
    const { stream, handled } = answering(() => {});
    stream.receive(requests(500));
    for (let turns = 0; handled.length < 500 && turns < 200; turns++) await tick();
    assert.deepEqual(handled, upTo(500));
  });

  it('knows how long requests have waited for their turn, and counts no time for which the peer did not read', async () => {
    const waited: number[] = [];
    const { stream, connection, handled } = answering((id, connection) => {
      waited.push(intakeTurns.waitedMs);
      const end = performance.now() + 20;
      while (performance.now() < end);
      answer(connection, id, 10);
    });
    stream.receive(requests(30));
    for (let turns = 0; handled.length < 15 && turns < 200; turns++) await tick();
    assert.equal(waited[0], 0, 'the first request has just arrived');
    const last = waited.at(-1) ?? 0;
    assert.ok(last > 50, `${last} ms after ${handled.length} requests of 20 ms each`);
    stream.accepts = false;
    for (let turns = 0; !connection.isBlocked && turns < 200; turns++) await tick();
    const before = handled.length;
    const blockedAt = performance.now();
    while (performance.now() < blockedAt + 100);
    stream.accepts = true;
    stream.drain();
    for (let turns = 0; handled.length === before && turns < 200; turns++) await tick();
    assert.equal(waited[before], 0, 'the peer has made the request wait');
  });

  it('leaves the event loop to others when requests take long, and stays in order with what arrives meanwhile', async () => {
    const { stream, handled } = answering((id, connection) => {
      const end = performance.now() + 6;
      while (performance.now() < end);
      answer(connection, id, 10);
    });
    stream.receive(requests(10));
    const first = handled.length;
    assert.ok(first <= 4, `${first} requests of 6 ms each in one turn`);
    assert.equal(stream.isPaused, true);
    stream.receive(requests(2, 11));
    let turns = 0;
    for (; handled.length < 12; turns++) await tick();
    assert.ok(turns >= 3, `${turns} turns`);
    assert.deepEqual(handled, upTo(12));
    await tick();
    assert.equal(stream.isPaused, false);
  });

  it('shares a turn with other connections that have much to do', async () => {
    const slow = () =>
      answering((id, connection) => {
        for (const end = performance.now() + 3; performance.now() < end; );
        answer(connection, id, 10);
      });
    const busy = Array.from({ length: 10 }, slow);
    for (const { stream } of busy) stream.receive(requests(10));
    const inTurn = () => busy.reduce((sum, { handled }) => sum + handled.length, 0);
    const first = inTurn();
    assert.ok(first <= 25, `${first} requests of 3 ms each in the first turn`);
    await tick();
    const second = inTurn() - first;
    assert.ok(second <= 12, `${second} requests of 3 ms each in the second turn`);
    const good = answering((id, connection) => answer(connection, id, 10));
    good.stream.receive(requests(1));
    assert.deepEqual(good.handled, [1]);
    while (inTurn() < 100) await tick();
    for (const { handled } of busy) assert.deepEqual(handled, upTo(10));
  });

  it('leaves the event loop to others when many small chunks come in one turn', async () => {
    const { stream, handled } = answering((id, connection) => {
      for (const end = performance.now() + 1; performance.now() < end; );
      answer(connection, id, 10);
    });
    // Each is little work, and less than a batch.
    for (let id = 1; id <= 600 && !stream.isPaused; id += 6) stream.receive(Buffer.concat([requests(6, id)]));
    const first = handled.length;
    assert.ok(first < 500, `${first} requests of 1 ms each in one turn`);
    assert.equal(stream.isPaused, true);
    for (let turns = 0; stream.isPaused && turns < 1_000; turns++) await tick();
    assert.deepEqual(handled, upTo(handled.length));
    assert.ok(handled.length > first);
  });

  it('handles no request while answers of the connection wait to be encoded', async () => {
    const { stream, connection, handled } = answering((id, own) => answer(own, id, 10));
    connection.holdRequests(true);
    assert.equal(stream.isPaused, true);
    stream.receive(requests(20));
    await tick();
    assert.deepEqual(handled, []);
    connection.holdRequests(false);
    await tick();
    assert.deepEqual(handled, upTo(20));
    assert.equal(stream.isPaused, false);
  });

  it('loses no part of a frame that the chunk cut, wherever the intake stopped', () => {
    const bytes = requests(9);
    for (let cut = 1; cut < bytes.length; cut += 5) {
      const { stream, handled } = answering((id, connection) => answer(connection, id, 100_000));
      stream.accepts = false;
      stream.receive(bytes.subarray(0, cut), bytes.subarray(cut));
      for (let drains = 0; drains < 9; drains++) {
        stream.pendingBytes = 0;
        stream.handler.onDrain();
      }
      assert.deepEqual(handled, upTo(9), `cut at ${cut}`);
    }
  });

  it('handles nothing of a chunk after the end of the connection', async () => {
    const { stream, connection, handled, closed } = answering((id, own) => answer(own, id, 100_000));
    stream.accepts = false;
    stream.receive(requests(5));
    stream.close();
    stream.handler.onDrain();
    await tick();
    assert.deepEqual([handled, closed.map(({ code }) => code)], [[1], [RpcCode.ConnectionLost]]);
    assert.equal(connection.isClosed, true);
  });

  it('closes on bytes that are not a packet behind the place where it stopped', () => {
    const { stream, handled, closed } = answering((id, connection) => answer(connection, id, 100_000));
    stream.accepts = false;
    stream.receive(Buffer.concat([requests(1), Buffer.alloc(40, 9)]));
    assert.equal(closed.length, 0);
    stream.drain();
    assert.deepEqual([handled, closed.map(({ code }) => code)], [[1], [RpcCode.Protocol]]);
  });

  it('continues outside of the async context of the answer that has left', async () => {
    const store = new AsyncLocalStorage<string>();
    const seen: (string | undefined)[] = [];
    const { stream } = answering((id, connection) => {
      seen.push(store.getStore());
      answer(connection, id, 100_000);
    });
    stream.accepts = false;
    stream.receive(requests(3));
    store.run('another call', () => {
      stream.pendingBytes = 0;
      stream.handler.onDrain();
    });
    assert.deepEqual(seen, [undefined, undefined]);
  });

  it('keeps answers within maxQueuedBytes plus one frame', () => {
    const { stream, connection } = answering(() => {}, 10_000);
    stream.accepts = false;
    let queued = 0;
    assert.throws(
      () => {
        for (; queued < 100; queued++) answer(connection, queued, 1_000);
      },
      { code: RpcCode.QueueFull, message: /maxQueuedBytes allows 10000/ },
    );
    assert.ok(connection.queuedBytes <= 64 * 1024 + 11_100, `${connection.queuedBytes} bytes are queued`);
  });
});
