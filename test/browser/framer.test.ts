import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Framer } from '../../browser/lib/protocol/framer.js';
import { HEADER_BYTES, MAX_HEAD_BYTES } from '../../lib/protocol/packet.js';
import { copyFrame, framesOf, headerOf } from '../lib/protocol/support.js';
import { bytesOf, VECTORS } from '../wire/vectors.js';

const MAX_FRAME_BYTES = 1_000_000;

/** A message of a WebSocket: with memory of its own. */
function message(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}

/** What the framer makes of the messages. Framers of Node and of a page must make the same. */
function read(messages: Iterable<Uint8Array>, maxFrameBytes = MAX_FRAME_BYTES) {
  const frames: ReturnType<typeof copyFrame>[] = [];
  const framer = new Framer(maxFrameBytes, (frame) => {
    frames.push(copyFrame({ ...frame, bytes: Buffer.from(frame.bytes) }));
  });
  for (const each of messages) framer.push(message(each));
  return { frames, framer };
}

const ALL = Buffer.concat(VECTORS.map(bytesOf));

function* cut(bytes: Buffer, size: number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

describe('the framer of a page', () => {
  it('makes the same frames as that of Node, however the messages cut them', () => {
    const expected = framesOf([ALL]);
    assert.equal(expected.length, VECTORS.length);
    for (let size = 1; size <= ALL.length; size += size < 200 ? 1 : 97) {
      const { frames, framer } = read(cut(ALL, size));
      assert.deepEqual(frames, expected, `messages of ${size} bytes`);
      assert.equal(framer.isMidFrame, false);
    }
  });

  it('takes messages without bytes, and knows whether a frame has begun', () => {
    const { frames, framer } = read([new Uint8Array(0), ALL.subarray(0, 3), new Uint8Array(0)]);
    assert.deepEqual(frames, []);
    assert.equal(framer.isMidFrame, true);
  });

  it('joins the messages of a large frame once', () => {
    const frame = Buffer.concat([headerOf({ headBytes: 2, bodyBytes: 500_000 }), Buffer.alloc(500_002, 7)]);
    assert.deepEqual(read(cut(frame, 10_000)).frames, framesOf([frame]));
  });

  it('refuses what is no packet, or too large, at the header', () => {
    const tooLarge = { code: 'ERR_RPC_FRAME_TOO_LARGE' };
    for (const [header, expected] of [
      [headerOf({ version: 2 }), { code: 'ERR_RPC_PROTOCOL', message: /no packet: version 2, expected 1; kind 0$/ }],
      [Buffer.from('hello'), { code: 'ERR_RPC_PROTOCOL', message: /version 104/ }],
      [headerOf({ kind: 2 }), { code: 'ERR_RPC_PROTOCOL' }],
      [headerOf({ idHigh: 1 }), { code: 'ERR_RPC_PROTOCOL' }],
      [headerOf({ headBytes: MAX_HEAD_BYTES + 1 }), tooLarge],
      [headerOf({ bodyBytes: MAX_FRAME_BYTES - HEADER_BYTES + 1 }), tooLarge],
    ] as const) {
      assert.throws(() => read([header]), expected);
    }
    assert.doesNotThrow(() => read([headerOf({ bodyBytes: MAX_FRAME_BYTES - HEADER_BYTES })]));
  });

  it('hands out nothing once it is stopped, also from within a frame', () => {
    let frames = 0;
    const framer = new Framer(MAX_FRAME_BYTES, () => {
      frames += 1;
      framer.stop();
    });
    framer.push(message(ALL));
    framer.push(message(ALL));
    assert.equal(frames, 1);
  });
});
