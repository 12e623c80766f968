import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type RpcCode, RpcError } from '../../../lib/errors.js';
import { Framer } from '../../../lib/protocol/framer.js';
import { DEFAULT_MAX_FRAME_BYTES, type FrameView, HEADER_BYTES, MAX_HEAD_BYTES } from '../../../lib/protocol/packet.js';
import { findSpare, giveSpare, spareBytes } from '../../../lib/protocol/spare-bytes.js';
import { bytesOf, VECTORS } from '../../wire/vectors.js';
import { type CopiedFrame, copyFrame, frameOf, framesOf, headerOf } from './support.js';

const expectedOf = ({ packet, head, body }: (typeof VECTORS)[number]): CopiedFrame => ({ ...packet, head, body });

/** Every way to cut the bytes in one place, the ends included. */
function* splits(bytes: Buffer): Generator<[Buffer, Buffer]> {
  for (let at = 0; at <= bytes.length; at++) yield [bytes.subarray(0, at), bytes.subarray(at)];
}

function isRpcError(code: RpcCode, message: RegExp): (error: unknown) => boolean {
  return (error) => error instanceof RpcError && error.code === code && message.test(error.message);
}

/** A framer that fails the test should it hand on anything. */
function frameless(maxFrameBytes = DEFAULT_MAX_FRAME_BYTES): Framer {
  return new Framer(maxFrameBytes, () => assert.fail('a frame was handed on'));
}

describe('Framer', () => {
  for (const [name, bytes] of [
    ['a greeting of SSH', Buffer.from('SSH-2.0-x\r\n')],
    ['an alert of TLS', Buffer.from('15030100020246', 'hex')],
  ] as const) {
    it(`recognizes ${name}, which is shorter than a header`, () => {
      assert.throws(
        () => frameless().push(bytes),
        isRpcError('ERR_RPC_PROTOCOL', /the peer (is another program|speaks TLS)/),
      );
    });
  }

  it('suspects another program behind a first byte that no version has', () => {
    assert.throws(
      () => frameless().push(Buffer.from([74, 0])),
      isRpcError(
        'ERR_RPC_PROTOCOL',
        /^the peer is another program, whose bytes begin with 4a 00: check the address and the port$/,
      ),
    );
  });

  for (const vector of VECTORS) {
    const bytes = bytesOf(vector);
    const expected = [expectedOf(vector)];

    it(`puts ${vector.name} together, cut at every byte, and again in every second half`, () => {
      for (const [first, rest] of splits(bytes)) {
        for (const [second, third] of splits(rest)) assert.deepEqual(framesOf([first, second, third]), expected);
      }
    });

    it(`puts ${vector.name} together from single bytes`, () => {
      assert.deepEqual(framesOf(Array.from(bytes, (_, at) => bytes.subarray(at, at + 1))), expected);
    });
  }

  it('hands on all frames of one chunk, in order', () => {
    assert.deepEqual(framesOf([Buffer.concat(VECTORS.map(bytesOf))]), VECTORS.map(expectedOf));
  });

  it('finds the same frames in chunks of any size', () => {
    const stream = Buffer.concat(VECTORS.map(bytesOf));
    for (let size = 1; size <= stream.length; size++) {
      const chunks: Buffer[] = [];
      for (let at = 0; at < stream.length; at += size) chunks.push(stream.subarray(at, at + size));
      assert.deepEqual(framesOf(chunks), VECTORS.map(expectedOf), `in chunks of ${size}`);
    }
  });

  it('takes no chunk for the end of anything when it is empty', () => {
    const bytes = frameOf('{}');
    const none = Buffer.alloc(0);
    assert.equal(framesOf([none, bytes.subarray(0, 5), none, bytes.subarray(5), none]).length, 1);
  });

  it('hands on a frame without head and body', () => {
    assert.deepEqual(framesOf([headerOf({ kind: 1, id: 9, timeout: 4 })]), [
      { kind: 1, id: 9, timeout: 4, head: '', body: '' },
    ]);
  });

  it('reads ids and timeouts as unsigned', () => {
    const [frame] = framesOf([headerOf({ id: 0xffff_ffff, timeout: 0xffff_fffe })]);
    assert.equal(frame?.id, 0xffff_ffff);
    assert.equal(frame?.timeout, 0xffff_fffe);
  });

  it('does not look at the reserved bytes', () => {
    assert.equal(framesOf([headerOf({ reserved: 0xffff })]).length, 1);
  });

  describe('refuses', () => {
    const limit = 1024;
    const refused = [
      { name: 'another version', header: { version: 2 }, code: 'ERR_RPC_PROTOCOL', message: /version 2, expected 1/ },
      { name: 'version 0', header: { version: 0 }, code: 'ERR_RPC_PROTOCOL', message: /version 0/ },
      {
        name: 'a kind that is neither request nor response',
        header: { kind: 2 },
        code: 'ERR_RPC_PROTOCOL',
        message: /kind 2/,
      },
      { name: 'an id of 2^32', header: { idHigh: 1, id: 0 }, code: 'ERR_RPC_PROTOCOL', message: /id of 2\^32/ },
      { name: 'a negative id', header: { idHigh: 0xffff_ffff }, code: 'ERR_RPC_PROTOCOL', message: /id of 2\^32/ },
      {
        name: 'a head over 64 KiB',
        header: { headBytes: MAX_HEAD_BYTES + 1 },
        code: 'ERR_RPC_FRAME_TOO_LARGE',
        message: /head of 65537 bytes/,
      },
      {
        name: 'a negative head length',
        header: { headBytes: -1 },
        code: 'ERR_RPC_FRAME_TOO_LARGE',
        message: /head of 4294967295 bytes/,
      },
      {
        name: 'a negative body length',
        header: { bodyBytes: -1 },
        code: 'ERR_RPC_FRAME_TOO_LARGE',
        message: /frame of 4294967319 bytes/,
      },
      {
        name: 'two lengths whose sum as int32 is small',
        header: { headBytes: 2, bodyBytes: -2 },
        code: 'ERR_RPC_FRAME_TOO_LARGE',
        message: /frame of/,
      },
      {
        name: 'a frame one byte over the limit',
        header: { bodyBytes: limit - HEADER_BYTES + 1 },
        code: 'ERR_RPC_FRAME_TOO_LARGE',
        message: /1025 bytes; maxFrameBytes is 1024/,
      },
    ] as const;
    for (const { name, header, code, message } of refused) {
      it(`${name}, however the header is cut`, () => {
        for (const [first, second] of splits(headerOf(header))) {
          const framer = frameless(limit);
          assert.throws(
            () => {
              framer.push(first);
              framer.push(second);
            },
            isRpcError(code, message),
          );
          assert.equal(framer.isMidFrame, false, 'nothing stays behind');
        }
      });
    }

    it('bytes of another protocol', () => {
      assert.throws(
        () => frameless().push(Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')),
        isRpcError('ERR_RPC_PROTOCOL', /the peer speaks HTTP/),
      );
    });

    it('all that comes after it has refused something', () => {
      const framer = frameless();
      assert.throws(() => framer.push(headerOf({ version: 9 })));
      framer.push(frameOf('{}'));
      assert.equal(framer.isMidFrame, false);
    });

    it('nothing that is exactly at the limits', () => {
      const head = 'h'.repeat(MAX_HEAD_BYTES);
      const bytes = frameOf(head, 'body');
      assert.equal(framesOf([bytes], bytes.length)[0]?.head, head);
    });
  });

  it('hands on what came before a bad frame', () => {
    const seen: number[] = [];
    const framer = new Framer(DEFAULT_MAX_FRAME_BYTES, (frame) => seen.push(frame.id));
    const chunk = Buffer.concat([frameOf('{}', '', { id: 1 }), frameOf('{}', '', { id: 2 }), headerOf({ version: 3 })]);
    assert.throws(() => framer.push(chunk), isRpcError('ERR_RPC_PROTOCOL', /version 3/));
    assert.deepEqual(seen, [1, 2]);
  });

  it('hands on whole frames in place, without a copy', () => {
    const chunk = Buffer.concat([frameOf('{"a":1}', 'one'), frameOf('{"b":2}', 'two')]);
    const places: number[] = [];
    const framer = new Framer(DEFAULT_MAX_FRAME_BYTES, ({ bytes, headStart, bodyStart, end }) => {
      assert.equal(bytes, chunk);
      places.push(headStart, bodyStart, end);
    });
    framer.push(chunk);
    assert.deepEqual(places, [24, 31, 34, 58, 65, 68]);
  });

  it('says whether it is in the middle of a frame', () => {
    const bytes = frameOf('{}', 'body');
    const framer = new Framer(DEFAULT_MAX_FRAME_BYTES, () => {});
    assert.equal(framer.isMidFrame, false);
    framer.push(bytes.subarray(0, 1));
    assert.equal(framer.isMidFrame, true);
    framer.push(bytes.subarray(1));
    assert.equal(framer.isMidFrame, false);
    framer.push(Buffer.concat([bytes, bytes.subarray(0, 20)]));
    assert.equal(framer.isMidFrame, true);
  });

  describe('stop()', () => {
    const three = Buffer.concat([1, 2, 3].map((id) => frameOf('{}', 'body', { id })));

    /** Stops in the middle of the second frame's turn. */
    function stoppedAtTwo(): { framer: Framer; seen: number[] } {
      const seen: number[] = [];
      const framer = new Framer(DEFAULT_MAX_FRAME_BYTES, ({ id }) => {
        seen.push(id);
        if (id === 2) framer.stop();
      });
      return { framer, seen };
    }

    it('keeps back what the current chunk still holds, wherever it was cut', () => {
      for (const chunks of splits(three)) {
        const { framer, seen } = stoppedAtTwo();
        for (const chunk of chunks) framer.push(chunk);
        assert.deepEqual(seen, [1, 2]);
        assert.equal(framer.isMidFrame, false);
      }
    });

    it('forgets half a frame', () => {
      const framer = frameless();
      framer.push(three.subarray(0, 26));
      framer.stop();
      assert.equal(framer.isMidFrame, false);
      framer.push(three.subarray(26));
    });
  });

  describe('memory', () => {
    setFlagsFromString('--expose-gc');
    const gc = runInNewContext('gc') as () => void;

    /** Bytes in ArrayBuffers that are still in use. What one collection finds dead, the next one has given back. */
    function heldBytes(): number {
      gc();
      gc();
      return process.memoryUsage().arrayBuffers - spareBytes();
    }

    const MiB = 1024 * 1024;
    const large = 64 * MiB;

    it('grows with what has arrived, and not with what a header claims', () => {
      const framers = Array.from({ length: 64 }, () => frameless(large));
      const header = headerOf({ bodyBytes: large - HEADER_BYTES });
      const before = heldBytes();
      for (const framer of framers) framer.push(header);
      assert.ok(heldBytes() - before < MiB, '64 frames of 64 MiB are claimed, and 24 bytes of each are there');
      const [framer] = framers as [Framer];
      for (let i = 0; i < 16; i++) framer.push(Buffer.alloc(64 * 1024));
      assert.ok(heldBytes() - before < 3 * MiB, 'at most twice the one MiB that has come');
    });

    it('takes no more for a frame than the frame has bytes', () => {
      const bytes = frameOf('{}', Buffer.alloc(5 * MiB));
      const framer = new Framer(large, () => {});
      const before = heldBytes();
      for (let at = 0; at < bytes.length - 1; at += 64 * 1024)
        framer.push(bytes.subarray(at, Math.min(at + 64 * 1024, bytes.length - 1)));
      assert.equal(framer.isMidFrame, true);
      assert.ok(heldBytes() - before < 5.2 * MiB, 'not the 8 MiB that doubling would take');
    });

    it('lets go of a large frame that came in parts', () => {
      const framer = new Framer(large, () => {});
      const before = heldBytes();
      const part = Buffer.alloc(MiB);
      framer.push(headerOf({ bodyBytes: 16 * MiB }));
      for (let i = 0; i < 16; i++) framer.push(part);
      assert.equal(framer.isMidFrame, false);
      assert.ok(heldBytes() - before < 2 * MiB, 'only the part is left, which is ours');
    });

    it('gives back the buffers of a large frame that came in parts', () => {
      const parts = Array.from({ length: 16 }, () => Buffer.alloc(64 * 1024));
      const receive = (): void => {
        const framer = new Framer(large, () => {});
        framer.push(headerOf({ bodyBytes: MiB }));
        for (const part of parts) framer.push(part);
        assert.equal(framer.isMidFrame, false);
      };
      receive();
      const grown = [64, 128, 256, 512, 1024].map((kib) => findSpare(kib * 1024));
      assert.ok(!grown.includes(undefined), 'that of the whole frame, and those that it grew out of');
      for (const bytes of grown) if (bytes !== undefined) giveSpare(bytes);
      const before = spareBytes();
      for (let i = 0; i < 10; i++) receive();
      assert.equal(spareBytes(), before, 'no frame of the same size needs another one');
    });

    it('lets go of the last chunk', () => {
      const framer = new Framer(large, () => {});
      const before = heldBytes();
      // In a function of its own, or the chunk stays reachable from this one's frame.
      (() => framer.push(frameOf('{}', Buffer.alloc(8 * MiB))))();
      assert.ok(heldBytes() - before < MiB);
    });
  });

  it('needs no memory of a chunk after keepRest(), wherever it was paused', () => {
    const bodies = Array.from({ length: 40 }, (_, at) => Buffer.alloc(at * 100, at));
    const bytes = Buffer.concat(bodies.map((body) => frameOf('{}', body)));
    for (const size of [1, 700, 5_000, bytes.length]) {
      const seen: Buffer[] = [];
      const framer = new Framer(DEFAULT_MAX_FRAME_BYTES, (frame) => {
        seen.push(Buffer.from(frame.bytes.subarray(frame.bodyStart, frame.end)));
        if (seen.length % 3 === 0) framer.pause();
      });
      for (let at = 0, pieces = 1; at < bytes.length; at += size, pieces++) {
        const chunk = Buffer.from(bytes.subarray(at, at + size));
        framer.push(chunk);
        if (pieces % 5 === 0) framer.resume();
        framer.keepRest();
        chunk.fill(0xff);
      }
      while (framer.isPaused) framer.resume();
      assert.equal(framer.restBytes, 0);
      assert.ok(Buffer.concat(seen).equals(Buffer.concat(bodies)), `chunks of ${size} bytes`);
      assert.equal(seen.length, bodies.length);
    }
  });

  it('uses one view again and again', () => {
    const views = new Set<FrameView>();
    const framer = new Framer(DEFAULT_MAX_FRAME_BYTES, (frame) => {
      views.add(frame);
      copyFrame(frame);
    });
    for (const vector of VECTORS) framer.push(bytesOf(vector));
    assert.equal(views.size, 1);
  });
});
