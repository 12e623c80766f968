import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Codec } from '../../../lib/protocol/codec.js';
import { jsonCodec } from '../../../lib/protocol/json-codec.js';
import { REQUEST, RESPONSE } from '../../../lib/protocol/packet.js';
import { ItemFrames } from '../../../lib/stream/item-frames.js';
import { SenderTurns } from '../../../lib/stream/sender-turns.js';
import { readCount } from '../../../lib/stream/stream-body.js';
import { StreamSender } from '../../../lib/stream/stream-sender.js';
import { type StreamSource, streamSource } from '../../../lib/stream/stream-source.js';
import { StreamTotal } from '../../../lib/stream/stream-total.js';
import { itemConnection } from './parts.js';

const CODEC: Codec = jsonCodec;

/** A connection that keeps its frames as texts: `id: first item items`. */
function connectionOf({ maxFrameBytes = 4 * 1024 * 1024 } = {}) {
  const frames: string[] = [];
  const sizes: number[] = [];
  const connection = itemConnection(({ id, bytes, bodyStart, end }) => {
    const values: string[] = [];
    for (let at = bodyStart + 8; at < end; ) {
      const length = bytes.readUInt32BE(at);
      const text = bytes.toString('utf8', at + 4, at + 4 + length);
      values.push(text.length > 20 ? `${text.length} bytes` : text);
      at += 4 + length;
    }
    frames.push(`${id}: ${readCount(bytes, bodyStart)} ${values.join(' ')}`);
    sizes.push(end - bodyStart);
  }, maxFrameBytes);
  return { connection, frames, sizes };
}

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('ItemFrames', () => {
  it('joins the items of a stream that are ready in one tick, and those of the next tick in another frame', async () => {
    const { connection, frames } = connectionOf();
    const stream = new ItemFrames(connection, RESPONSE).open(2, CODEC);
    assert.equal(stream.write(0, 'a'), 7);
    await Promise.resolve();
    stream.write(1, 'b');
    assert.deepEqual(frames, []);
    await tick();
    stream.write(2, 'c');
    await tick();
    assert.deepEqual(frames, ['2: 0 "a" "b"', '2: 2 "c"']);
  });

  it('queues the items before the connection writes what is queued at the end of the tick', async () => {
    const { connection, frames } = connectionOf();
    const stream = new ItemFrames(connection, REQUEST).open(2, CODEC);
    let seen: readonly string[] = [];
    await Promise.resolve();
    stream.write(0, 1);
    process.nextTick(() => {
      seen = [...frames];
    });
    stream.write(1, 2);
    await tick();
    assert.deepEqual(seen, ['2: 0 1 2']);
  });

  it('joins items of several streams, each with those of its own stream', async () => {
    const { connection, frames } = connectionOf();
    const all = new ItemFrames(connection, RESPONSE);
    const streams = [all.open(2, CODEC), all.open(3, CODEC)];
    for (let item = 0; item < 3; item++) for (const stream of streams) stream.write(item, item);
    await tick();
    assert.deepEqual(frames, ['2: 0 0 1 2', '3: 0 0 1 2']);
  });

  it('fills a frame up to 4 KiB and one item', async () => {
    const { connection, frames, sizes } = connectionOf();
    const stream = new ItemFrames(connection, RESPONSE).open(2, CODEC);
    let bytes = 0;
    for (let i = 0; i < 40; i++) bytes += stream.write(i, 'x'.repeat(500));
    await tick();
    assert.equal(frames.length, 5);
    assert.ok(sizes.every((size) => size <= 4096 + 506));
    assert.equal(
      sizes.reduce((sum, size) => sum + size - 8, 0),
      bytes,
    );
  });

  it('writes a frame of 64 items when the next item comes, so that the receiver works while the producer does', async () => {
    const sizes: number[] = [];
    let early = 0;
    const connection = itemConnection(
      ({ bodyStart, end }) => sizes.push((end - bodyStart - 8) / 5),
      10_000,
      () => {
        early += 1;
      },
    );
    const stream = new ItemFrames(connection, RESPONSE).open(2, CODEC);
    for (let i = 0; i < 64; i++) stream.write(i, 1);
    assert.deepEqual([sizes, early], [[], 0]);
    stream.write(64, 1);
    assert.deepEqual([sizes, early], [[64], 1]);
    await tick();
    assert.deepEqual([sizes, early], [[64, 1], 1]);
  });

  it('writes a large item in a frame of its own, behind the small ones of all streams', async () => {
    const { connection, frames } = connectionOf();
    const all = new ItemFrames(connection, RESPONSE);
    const [first, second] = [all.open(2, CODEC), all.open(3, CODEC)];
    second.write(0, 'b');
    first.write(0, 'a');
    first.write(1, 'x'.repeat(70_000));
    assert.deepEqual(frames, ['2: 0 "a"', '3: 0 "b"', '2: 1 70002 bytes']);
    second.write(1, 'c');
    first.write(2, 'x'.repeat(5_000));
    first.write(3, 'd');
    first.write(4, 'e');
    first.write(5, 'f');
    await tick();
    assert.deepEqual(frames.slice(3), ['3: 1 "c"', '2: 2 5002 bytes', '2: 3 "d"', '2: 4 "e" "f"']);
  });

  it('queues all frames at once where asked, those of the last stream as the last', () => {
    const { connection, frames } = connectionOf();
    const all = new ItemFrames(connection, RESPONSE);
    const streams = [all.open(2, CODEC), all.open(3, CODEC), all.open(4, CODEC)];
    for (const stream of streams) stream.write(0, 0);
    all.flush(streams[0]);
    assert.deepEqual(frames, ['3: 0 0', '4: 0 0', '2: 0 0']);
  });

  it('queues what waits before the item that uses up the room that all streams have together', async () => {
    const { connection, frames } = connectionOf();
    const all = new ItemFrames(connection, RESPONSE);
    const total = new StreamTotal(4_300);
    const turns = new SenderTurns({ hasRoom: true });
    const window = { items: 100, bytes: 100_000 };
    const start = (id: number, items: AsyncGenerator<string>): void => {
      const way = all.open(id, CODEC);
      const never = (): void => assert.fail('the stream goes on');
      const ends = { onDone: never, onFailed: never, onUnsendable: never, onStopped: never };
      const write = (sequence: number, item: unknown): number => way.write(sequence, item);
      const handler = { ...ends, write, onFull: () => all.flush(way) };
      new StreamSender(
        streamSource(items, (step) => step()) as StreamSource,
        { window, total, turns },
        handler,
      ).start();
    };
    const gate = tick();
    async function* small() {
      yield 'a';
      await gate;
      yield* ['b', 'c'];
      await new Promise(() => {});
    }
    async function* larger() {
      await gate;
      for (;;) yield 'x'.repeat(900);
    }
    start(2, small());
    start(3, larger());
    for (let i = 0; i < 4; i++) await tick();
    const large = '902 bytes';
    assert.deepEqual(frames, ['2: 0 "a"', '2: 1 "b" "c"', `3: 0 ${large} ${large} ${large} ${large} ${large}`]);
  });

  it('holds no more than 64 KiB back, over all streams', () => {
    const { connection, frames } = connectionOf();
    const all = new ItemFrames(connection, RESPONSE);
    let bytes = 0;
    for (let id = 1; frames.length === 0; id++) bytes += all.open(id, CODEC).write(0, 'x'.repeat(1_000));
    assert.equal(frames.length, Math.ceil((64 * 1024) / 1_006));
    assert.ok(bytes < 66 * 1024);
  });

  it('drops an item that cannot be sent, and keeps those before', async () => {
    const { connection, frames } = connectionOf();
    const stream = new ItemFrames(connection, RESPONSE).open(2, CODEC);
    assert.throws(() => stream.write(0, 1n), /item is a bigint/);
    stream.write(0, 'a');
    assert.throws(() => stream.write(1, { b: 1n }), /item\.b is a bigint/);
    await tick();
    assert.deepEqual(frames, ['2: 0 "a"']);
  });

  it('refuses an item beyond the largest frame, behind those before', () => {
    const { connection, frames } = connectionOf({ maxFrameBytes: 10_000 });
    const stream = new ItemFrames(connection, RESPONSE).open(2, CODEC);
    stream.write(0, 'a');
    const large = { code: 'ERR_RPC_FRAME_TOO_LARGE' };
    assert.throws(() => stream.write(1, 'x'.repeat(9_980)), large);
    assert.throws(() => stream.write(1, 'x'.repeat(20_000)), large);
    stream.flush();
    assert.deepEqual(frames, ['2: 0 "a"']);
  });

  it('writes one item a frame for a peer whose frames are small', async () => {
    const { connection, frames } = connectionOf({ maxFrameBytes: 1_024 });
    const stream = new ItemFrames(connection, RESPONSE).open(2, CODEC);
    for (let i = 0; i < 3; i++) stream.write(i, i);
    assert.deepEqual(frames, ['2: 0 0', '2: 1 1', '2: 2 2']);
  });

  it('sends no part of an item whose getter ends the stream', async () => {
    const { connection, frames } = connectionOf();
    const stream = new ItemFrames(connection, RESPONSE).open(2, CODEC);
    stream.write(0, 'a');
    const item = {
      toJSON() {
        stream.flush();
        return 'b';
      },
    };
    stream.write(1, item);
    await tick();
    assert.deepEqual(frames, ['2: 0 "a" "b"']);
  });
});
