import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { beforeEach, describe, it } from 'node:test';
import { JsonLink } from '../../bench/limit/json-link.js';

/** Remembers what was written, each write as it was when it was made. */
class FakeSocket extends EventEmitter {
  readonly writes: Buffer[] = [];
  noDelay = false;
  /** Nothing, as when the kernel takes every write at once; else what it has not taken. */
  writableLength = 0;

  setNoDelay(noDelay: boolean): void {
    this.noDelay = noDelay;
  }

  write(chunk: Buffer): void {
    this.writes.push(Buffer.from(chunk));
  }

  get bytes(): Buffer {
    return Buffer.concat(this.writes);
  }
}

type Message = [id: number, value: unknown];

function openLink(earlyFlush = false) {
  const socket = new FakeSocket();
  const received: Message[] = [];
  const link = new JsonLink(socket as unknown as Socket, { earlyFlush }, (id, value) => received.push([id, value]));
  return { socket, link, received };
}

const endOfTick = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('JsonLink', () => {
  // Written by hand: length 18, id 7, {"a":"é"}.
  const FRAME = Buffer.from('00000012' + '00000007' + '7b2261223a22c3a9227d', 'hex');

  let { socket, link, received } = openLink();
  beforeEach(() => {
    ({ socket, link, received } = openLink());
  });

  it('turns off the delay of small writes', () => assert.equal(socket.noDelay, true));

  it('writes length, id and JSON', async () => {
    link.send(7, { a: 'é' });
    await endOfTick();
    assert.equal(socket.bytes.toString('hex'), FRAME.toString('hex'));
  });

  it('reads them again, wherever the stream is cut', () => {
    const bytes = Buffer.concat([FRAME, FRAME, FRAME]);
    for (let first = 0; first <= bytes.length; first++) {
      for (let second = first; second <= bytes.length; second++) {
        const { socket, received } = openLink();
        for (const chunk of [bytes.subarray(0, first), bytes.subarray(first, second), bytes.subarray(second)]) {
          if (chunk.length > 0) socket.emit('data', chunk);
        }
        assert.deepEqual(
          received,
          [
            [7, { a: 'é' }],
            [7, { a: 'é' }],
            [7, { a: 'é' }],
          ],
          `cut at ${first} and ${second}`,
        );
      }
    }
  });

  it('reads them byte by byte', () => {
    for (const byte of Buffer.concat([FRAME, FRAME])) socket.emit('data', Buffer.of(byte));
    assert.equal(received.length, 2);
  });

  it('writes once a tick, whatever it is sent', async () => {
    for (let id = 0; id < 1000; id++) link.send(id, { id });
    assert.equal(socket.writes.length, 0);
    await endOfTick();
    assert.equal(socket.writes.length, 1);
    link.send(0, null);
    await endOfTick();
    assert.equal(socket.writes.length, 2);
  });

  it('keeps a tick in one write when it outgrows the slab', async () => {
    const values = Array.from({ length: 40 }, (_, index) => `${index}: ${'x'.repeat(10_240)}`);
    values.forEach((value, id) => {
      link.send(id, value);
    });
    await endOfTick();
    assert.equal(socket.writes.length, 1);
    for (const write of socket.writes) socket.emit('data', write);
    assert.deepEqual(received, [...values.entries()]);
  });

  it('does not touch bytes that the socket still has to send', async () => {
    const socketView: Buffer[] = [];
    socket.writableLength = 1;
    socket.write = (chunk) => socketView.push(chunk); // keeps the slab's own bytes, as a busy socket does
    const values: string[] = [];
    for (let id = 0; id < 200; id++) {
      values.push(`${id}: ${'y'.repeat(1000)}`);
      link.send(id, values[id]);
      if (id % 10 === 9) await endOfTick();
    }
    for (const chunk of socketView) socket.emit('data', chunk);
    assert.deepEqual(received, [...values.entries()]);
  });

  it('with early flush, writes after 16 frames, and the rest at the end of the tick', async () => {
    const { socket, link } = openLink(true);
    for (let id = 0; id < 40; id++) link.send(id, null);
    assert.equal(socket.writes.length, 2);
    await endOfTick();
    assert.deepEqual(
      socket.writes.map((write) => write.length / Buffer.byteLength('........null')),
      [16, 16, 8],
    );
  });

  it('with early flush, writes after a quarter of the last tick where that is more', async () => {
    const { socket, link } = openLink(true);
    for (let id = 0; id < 400; id++) link.send(id, null);
    await endOfTick();
    socket.writes.length = 0;
    for (let id = 0; id < 400; id++) link.send(id, null);
    await endOfTick();
    assert.equal(socket.writes.length, 4);
  });
});
