import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RpcCode, RpcError } from '../../../lib/errors.js';
import { chooseCodec } from '../../../lib/protocol/codecs.js';
import type { FrameView } from '../../../lib/protocol/packet.js';
import { Connection } from '../../../lib/transport/connection.js';
import { PendingCalls, type ProgressReport, type SentRequest } from '../../../lib/transport/pending-calls.js';
import { readProgressReports, writeProgressReports } from '../../../lib/transport/progress-reports.js';
import { FakeStream, tick } from './support.js';

const JSON_CODEC = chooseCodec(['json']) ?? assert.fail();

function read(body: unknown, pending: PendingCalls): void {
  const bytes = Buffer.from(JSON.stringify(body));
  const frame: FrameView = { kind: 0, id: 1, timeout: 1, bytes, headStart: 0, bodyStart: 0, end: bytes.length };
  readProgressReports(frame, JSON_CODEC, pending);
}

/** A table with one request, which has the id 1; and what it was told. */
function waiting(): { pending: PendingCalls; told: ProgressReport[] } {
  const told: ProgressReport[] = [];
  const request: SentRequest = {
    deadline: Number.POSITIVE_INFINITY,
    frameNumber: 1,
    sentAt: undefined,
    answered() {},
    lost() {},
    expire() {},
    reported: (report) => told.push(report),
  };
  const pending = new PendingCalls();
  pending.add(request);
  return { pending, told };
}

function connected() {
  const stream = new FakeStream();
  const handler = { onRequest() {}, onResponse() {}, onActivity() {}, onDrained() {}, onClosed() {} };
  const options = { maxFrameBytes: 1_024, maxQueuedBytes: 10_000, flushInterval: 0, pauseWhenBlocked: true };
  return { stream, connection: new Connection(stream, handler, options) };
}

const reportOf = (id: number) => ({ id, heldMs: 2 ** 31, isRunning: false, stallMs: 2 ** 31 });

describe('reports of a server', () => {
  it('reach the calls that they are about, which go on waiting', () => {
    const { pending, told } = waiting();
    read([{ id: 1, heldMs: 450, isRunning: true, stallMs: 4, more: 'of a later version' }], pending);
    read([{ id: 1, heldMs: 460, isRunning: false, stallMs: 4 }], pending);
    assert.deepEqual(told, [
      { heldMs: 450, isRunning: true, stallMs: 4 },
      { heldMs: 460, isRunning: false, stallMs: 4 },
    ]);
    assert.equal(pending.size, 1);
  });

  it('are passed by where nobody waits for the call any more', () => {
    const { pending, told } = waiting();
    read([{ id: 257, heldMs: 1, stallMs: 1 }], pending);
    pending.take(1);
    read([{ id: 1, heldMs: 1, stallMs: 1 }], pending);
    assert.deepEqual(told, []);
  });

  it('are passed by where they make no sense', () => {
    const { pending, told } = waiting();
    const nonsense = [null, 5, 'x', {}, [], [null], [5], [{ id: 1 }], { id: 1, heldMs: 1, stallMs: 1 }];
    const odd = [-1, 1.5, '1', null, 1e300];
    for (const body of nonsense) read(body, pending);
    for (const value of odd) {
      read([{ id: value, heldMs: 1, stallMs: 1 }], pending);
      read([{ id: 1, heldMs: value, stallMs: 1 }], pending);
      read([{ id: 1, heldMs: 1, stallMs: value }], pending);
    }
    assert.deepEqual(told, []);
  });

  it('of many calls go out in as many frames as fit any peer’s limit', async () => {
    const { stream, connection } = connected();
    const ids = Array.from({ length: 40 }, (_, i) => 2 ** 30 - 40 + i);
    writeProgressReports(connection, JSON_CODEC, ids.map(reportOf));
    await tick();
    const { packets } = stream;
    assert.equal(packets.length, 5);
    assert.ok(packets.every(({ head }) => head.type === 'progress'));
    const told = packets.flatMap(({ body }) => JSON.parse(body.toString()) as { id: number }[]);
    assert.deepEqual(
      told.map(({ id }) => id),
      ids,
    );
  });

  it('are not queued for a peer that does not read, nor sent on a connection that has ended', async () => {
    const { stream, connection } = connected();
    stream.accepts = false;
    connection.send(0, 1, 1, Buffer.from('{}'));
    await tick();
    const { length } = stream.packets;
    writeProgressReports(connection, JSON_CODEC, [reportOf(1)]);
    stream.drain();
    await tick();
    assert.equal(stream.packets.length, length);
    connection.destroy(new RpcError(RpcCode.Closed, 'over'));
    writeProgressReports(connection, JSON_CODEC, [reportOf(1)]);
    await tick();
    assert.equal(stream.packets.length, length);
  });
});
