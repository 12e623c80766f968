import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EncodedValue } from '../../../lib/protocol/encoded-value.js';
import { FrameWriter } from '../../../lib/protocol/frame-writer.js';
import { msgpackCodec } from '../../../lib/protocol/msgpack-codec.js';
import {
  DEFAULT_MAX_FRAME_BYTES,
  HEADER_BYTES,
  MAX_HEAD_BYTES,
  REQUEST,
  RESPONSE,
} from '../../../lib/protocol/packet.js';
import { findSpare } from '../../../lib/protocol/spare-bytes.js';
import { stockCodec } from '../../../lib/protocol/stock-codec.js';
import { frameOf, framesOf, takeAll } from './support.js';

const SLAB_BYTES = 64 * 1024;
const NO_HEAD = new Uint8Array(0);

/** One whole frame without a head. */
function write(writer: FrameWriter, body: string | Buffer, id = 1): void {
  writer.begin(REQUEST, id, 0, NO_HEAD);
  if (typeof body === 'string') writer.appendUtf8(body);
  else writer.append(body, 0, body.length);
  writer.commit();
}

const tooLarge = { code: 'ERR_RPC_FRAME_TOO_LARGE', delivery: 'not-sent' };

describe('FrameWriter', () => {
  it('writes header, head and body', () => {
    const writer = new FrameWriter(DEFAULT_MAX_FRAME_BYTES);
    writer.begin(RESPONSE, 0x01020304, 0x7fffffff, Buffer.from('{"a":1}'));
    writer.append(Buffer.from('..body..'), 2, 6);
    writer.commit();
    const header = '01010000' + '0000000001020304' + '7fffffff' + '00000007' + '00000004';
    assert.equal(takeAll(writer).toString('hex'), `${header}${Buffer.from('{"a":1}body').toString('hex')}`);
  });

  it('writes a frame without head and body', () => {
    const writer = new FrameWriter(DEFAULT_MAX_FRAME_BYTES);
    write(writer, '', 9);
    assert.equal(
      takeAll(writer).toString('hex'),
      '01000000' + '0000000000000009' + '00000000' + '00000000' + '00000000',
    );
  });

  it('holds no slab while nothing waits, and lends its own to the next writer', () => {
    const places: ArrayBufferLike[] = [];
    for (const text of ['one', 'two']) {
      const writer = new FrameWriter(DEFAULT_MAX_FRAME_BYTES);
      assert.equal(writer.bytes.length, 0);
      write(writer, text);
      writer.take(({ buffer }) => places.push(buffer));
      writer.recycle();
      assert.equal(writer.bytes.length, 0);
    }
    assert.equal(places[0], places[1]);
  });

  it('shares a slab with no other writer while the bytes of one wait', () => {
    const [one, other] = [new FrameWriter(DEFAULT_MAX_FRAME_BYTES), new FrameWriter(DEFAULT_MAX_FRAME_BYTES)];
    write(one, 'one', 1);
    const first = takeAll(one);
    write(other, 'two', 2); // the socket still has the bytes of `first`
    const second = takeAll(other);
    one.recycle();
    write(other, 'three', 3);
    assert.deepEqual(
      framesOf([first, second, takeAll(other)]).map(({ id }) => id),
      [1, 2, 3],
    );
  });

  it('leaves no byte of the slab as it was', () => {
    const writer = new FrameWriter(DEFAULT_MAX_FRAME_BYTES);
    write(writer, Buffer.alloc(1000, 0xff), 0xffff_ffff);
    takeAll(writer);
    writer.recycle();
    writer.begin(REQUEST, 1, 0, NO_HEAD);
    writer.endItem(writer.beginItem());
    writer.commit();
    assert.equal(
      takeAll(writer).toString('hex'),
      '01000000' + '0000000000000001' + '00000000' + '00000000' + '00000004' + '00000000',
    );
  });

  it('appends bytes and text of any length', () => {
    const writer = new FrameWriter(DEFAULT_MAX_FRAME_BYTES);
    for (let length = 0; length < 200; length++) {
      const bytes = Buffer.alloc(length + 2, `${length} `);
      writer.begin(REQUEST, 1, 0, NO_HEAD);
      writer.append(bytes, 1, length + 1);
      writer.appendUtf8('ä€😀'.repeat(length));
      writer.commit();
      assert.equal(
        takeAll(writer).toString('utf8', HEADER_BYTES),
        bytes.toString('utf8', 1, length + 1) + 'ä€😀'.repeat(length),
      );
    }
  });

  it('puts the length of each item before it, also of items within items', () => {
    const writer = new FrameWriter(DEFAULT_MAX_FRAME_BYTES);
    writer.begin(REQUEST, 1, 0, NO_HEAD);
    const outer = writer.beginItem();
    writer.appendUtf8('ab');
    const inner = writer.beginItem();
    writer.appendUtf8('c');
    writer.endItem(inner);
    writer.endItem(outer);
    writer.endItem(writer.beginItem());
    writer.commit();
    assert.equal(takeAll(writer).toString('hex', HEADER_BYTES), '00000007' + '6162' + '00000001' + '63' + '00000000');
  });

  it('hands out all committed frames in one piece, and each of them once', () => {
    const writer = new FrameWriter(DEFAULT_MAX_FRAME_BYTES);
    write(writer, 'one', 1);
    write(writer, 'two', 2);
    const taken: Buffer[] = [];
    writer.take((bytes) => taken.push(bytes));
    writer.take((bytes) => taken.push(bytes));
    assert.equal(taken.length, 1);
    assert.deepEqual(
      framesOf(taken).map(({ id }) => id),
      [1, 2],
    );
  });

  it('says how much waits to be taken', () => {
    const writer = new FrameWriter(DEFAULT_MAX_FRAME_BYTES);
    assert.equal(writer.pendingBytes, 0);
    write(writer, 'body');
    assert.equal(writer.pendingBytes, HEADER_BYTES + 4);
    writer.begin(REQUEST, 2, 0, NO_HEAD);
    assert.equal(writer.pendingBytes, HEADER_BYTES + 4, 'a frame counts when it is committed');
    writer.commit();
    write(writer, Buffer.alloc(SLAB_BYTES));
    assert.equal(writer.pendingBytes, HEADER_BYTES * 3 + 4 + SLAB_BYTES, 'frames in former slabs count');
    takeAll(writer);
    assert.equal(writer.pendingBytes, 0);
  });

  it('makes room by an estimate, and refuses only what is certain', () => {
    const writer = new FrameWriter(SLAB_BYTES + 100);
    writer.begin(REQUEST, 1, 0, NO_HEAD);
    writer.append(Buffer.alloc(SLAB_BYTES), 0, SLAB_BYTES);
    writer.reserve(3_000, 50);
    assert.ok(writer.bytes.length - writer.at >= 3_000);
    writer.append(Buffer.alloc(70), 0, 70);
    writer.commit();
    writer.begin(REQUEST, 2, 0, NO_HEAD);
    writer.append(Buffer.alloc(SLAB_BYTES), 0, SLAB_BYTES);
    assert.throws(() => writer.reserve(1e9, 1_000), tooLarge);
  });

  it('refuses an array of few items and billions of holes before it is written', () => {
    const holes: unknown[] = [];
    holes[4_000_000_000] = 1;
    for (const codec of [msgpackCodec, stockCodec]) {
      const writer = new FrameWriter(DEFAULT_MAX_FRAME_BYTES);
      writer.begin(REQUEST, 1, 0, NO_HEAD);
      assert.throws(() => codec.encode([holes], writer), tooLarge);
      writer.rollback();
      assert.throws(() => EncodedValue.of([holes], codec), { code: 'ERR_RPC_FRAME_TOO_LARGE' });
    }
  });

  describe('rollback()', () => {
    it('forgets the frame being written, and no other', () => {
      const writer = new FrameWriter(DEFAULT_MAX_FRAME_BYTES);
      write(writer, 'one', 1);
      writer.begin(REQUEST, 2, 0, Buffer.from('{}'));
      writer.appendUtf8('half of');
      writer.rollback();
      write(writer, 'three', 3);
      assert.deepEqual(
        framesOf([takeAll(writer)]).map(({ id }) => id),
        [1, 3],
      );
    });

    it('does so for a frame that has outgrown its slab', () => {
      const writer = new FrameWriter(DEFAULT_MAX_FRAME_BYTES);
      write(writer, 'one', 1);
      writer.begin(REQUEST, 2, 0, NO_HEAD);
      writer.append(Buffer.alloc(SLAB_BYTES * 3), 0, SLAB_BYTES * 3);
      writer.rollback();
      write(writer, 'three', 3);
      assert.deepEqual(
        framesOf([takeAll(writer)]).map(({ id }) => id),
        [1, 3],
      );
    });

    it('does nothing between frames', () => {
      const writer = new FrameWriter(DEFAULT_MAX_FRAME_BYTES);
      writer.rollback();
      write(writer, 'one', 1);
      writer.rollback();
      assert.deepEqual(
        framesOf([takeAll(writer)]).map(({ id }) => id),
        [1],
      );
    });
  });

  describe('at the end of a slab', () => {
    it('moves the unfinished frame to the next one, wherever in the frame that happens', () => {
      const head = Buffer.from('{"type":"heartbeat"}');
      const body = 'x'.repeat(100);
      const frameBytes = HEADER_BYTES + head.length + 4 + body.length;
      for (let left = 0; left <= frameBytes + 1; left++) {
        const writer = new FrameWriter(DEFAULT_MAX_FRAME_BYTES);
        write(writer, Buffer.alloc(SLAB_BYTES - HEADER_BYTES - left, 7), 1); // all of the slab but so many bytes
        writer.begin(REQUEST, 2, 5, head);
        const mark = writer.beginItem();
        for (const letter of body) writer.appendUtf8(letter);
        writer.endItem(mark);
        writer.commit();
        write(writer, 'after it', 3);
        const [first, second, third] = framesOf([takeAll(writer)]);
        assert.equal(first?.body.length, (SLAB_BYTES - HEADER_BYTES - left) * 2);
        assert.deepEqual(second, {
          kind: REQUEST,
          id: 2,
          timeout: 5,
          head: String(head),
          body: `00000064${'78'.repeat(100)}`,
        });
        assert.equal(third?.id, 3);
      }
    });

    it('hands out the slabs in the order in which they were filled', () => {
      const writer = new FrameWriter(DEFAULT_MAX_FRAME_BYTES);
      for (let id = 1; id <= 40; id++) write(writer, Buffer.alloc(10_000, id), id);
      const taken: Buffer[] = [];
      writer.take((bytes) => taken.push(bytes));
      assert.ok(taken.length > 1);
      assert.deepEqual(
        framesOf(taken).map(({ id }) => id),
        Array.from({ length: 40 }, (_, i) => i + 1),
      );
    });

    it('does not move a frame that grows byte by byte more than a few times', () => {
      const writer = new FrameWriter(DEFAULT_MAX_FRAME_BYTES);
      const startedAt = performance.now();
      writer.begin(REQUEST, 1, 0, NO_HEAD);
      const one = Buffer.from('x');
      for (let i = 0; i < 2 ** 20; i++) writer.append(one, 0, 1);
      writer.commit();
      assert.equal(writer.pendingBytes, HEADER_BYTES + 2 ** 20);
      assert.ok(performance.now() - startedAt < 5_000, 'moved at each byte, it would take minutes');
    });
  });

  it('never writes over bytes that it has handed out, until it is told to recycle them', () => {
    const writer = new FrameWriter(DEFAULT_MAX_FRAME_BYTES);
    const handedOut: { bytes: Buffer; copy: Buffer }[] = [];
    for (let round = 0; round < 500; round++) {
      for (let i = 0; i < round % 7; i++) write(writer, Buffer.alloc((round * 37) % 9000, round), round);
      writer.begin(REQUEST, round, 0, NO_HEAD);
      writer.appendUtf8('never sent');
      if (round % 3 === 0) writer.take((bytes) => handedOut.push({ bytes, copy: Buffer.from(bytes) }));
      if (round % 2 === 0) writer.rollback();
      else writer.commit();
    }
    assert.ok(handedOut.length > 100);
    for (const { bytes, copy } of handedOut) assert.ok(bytes.equals(copy));
  });

  describe('recycle()', () => {
    it('writes from the start of the same memory again', () => {
      const writer = new FrameWriter(DEFAULT_MAX_FRAME_BYTES);
      const places: [ArrayBufferLike, number][] = [];
      for (let i = 0; i < 3; i++) {
        write(writer, 'body');
        writer.take(({ buffer, byteOffset }) => places.push([buffer, byteOffset]));
        writer.recycle();
      }
      assert.equal(places[1]?.[0], places[0]?.[0]);
      assert.deepEqual(
        places.map(([, offset]) => offset),
        [0, 0, 0],
      );
    });

    it('does nothing while committed bytes wait to be taken', () => {
      const writer = new FrameWriter(DEFAULT_MAX_FRAME_BYTES);
      write(writer, 'one', 1);
      writer.recycle();
      write(writer, 'two', 2);
      assert.deepEqual(
        framesOf([takeAll(writer)]).map(({ id }) => id),
        [1, 2],
      );
    });

    it('does nothing while a frame is being written', () => {
      const writer = new FrameWriter(DEFAULT_MAX_FRAME_BYTES);
      write(writer, 'one', 1);
      takeAll(writer);
      writer.begin(REQUEST, 2, 0, NO_HEAD);
      writer.recycle();
      writer.appendUtf8('two');
      writer.commit();
      assert.deepEqual(framesOf([takeAll(writer)]), [{ kind: REQUEST, id: 2, timeout: 0, head: '', body: '74776f' }]);
    });

    it('gives all slabs back that were taken, whatever frame comes next, and none that holds bytes to be taken', () => {
      const writer = new FrameWriter(DEFAULT_MAX_FRAME_BYTES);
      const taken: Buffer[] = [];
      const take = (): void => writer.take((bytes) => taken.push(bytes));
      /** True where a slab of such a frame was given back, and it is the one of the frame with this number. */
      const isSpare = (bytes: number, frame: number): boolean => findSpare(bytes)?.buffer === taken[frame]?.buffer;
      write(writer, Buffer.alloc(100_000, 1));
      take();
      write(writer, Buffer.alloc(300_000, 2));
      write(writer, Buffer.alloc(900_000, 3));
      writer.recycle();
      assert.ok(isSpare(100_000, 0), 'its frame was taken, though the next one is not');
      assert.equal(findSpare(300_000), undefined, 'its frame was not taken');
      take();
      writer.recycle();
      assert.ok(isSpare(300_000, 1));
      assert.ok(isSpare(900_000, 2));
      assert.deepEqual(
        framesOf(taken).map(({ body }) => body.slice(-2)),
        ['01', '02', '03'],
      );
    });

    it('needs no new memory for large frames that are taken one by one', () => {
      const writer = new FrameWriter(DEFAULT_MAX_FRAME_BYTES);
      const places = new Set<ArrayBufferLike>();
      for (let i = 0; i < 20; i++) {
        write(writer, Buffer.alloc(2 ** 20 + i * 100));
        writer.take(({ buffer }) => places.add(buffer));
        writer.recycle();
      }
      assert.equal(places.size, 1);
    });

    it('has room for a small part behind a large one, so that the frame is not moved', () => {
      const writer = new FrameWriter(DEFAULT_MAX_FRAME_BYTES);
      writer.begin(REQUEST, 1, 0, NO_HEAD);
      writer.append(Buffer.alloc(2 ** 20), 0, 2 ** 20 - HEADER_BYTES);
      const { buffer } = writer.bytes;
      writer.append(Buffer.alloc(5000), 0, 5000);
      assert.ok(writer.bytes.buffer === buffer);
    });

    it('lets go of a large slab', () => {
      const writer = new FrameWriter(DEFAULT_MAX_FRAME_BYTES);
      write(writer, Buffer.alloc(2 ** 20));
      takeAll(writer);
      writer.recycle();
      write(writer, 'small');
      writer.take((bytes) => assert.equal(bytes.buffer.byteLength, SLAB_BYTES));
    });
  });

  describe('the frame limit', () => {
    it('lets a frame of exactly that size pass', () => {
      for (const limit of [100, SLAB_BYTES, SLAB_BYTES * 3]) {
        const writer = new FrameWriter(limit);
        write(writer, Buffer.alloc(limit - HEADER_BYTES));
        assert.equal(takeAll(writer).length, limit);
      }
    });

    it('is enforced when a frame is committed, and the frame forgotten', () => {
      const writer = new FrameWriter(100);
      write(writer, 'one', 1);
      assert.throws(() => write(writer, 'x'.repeat(100), 2), tooLarge);
      write(writer, 'three', 3);
      assert.deepEqual(
        framesOf([takeAll(writer)]).map(({ id }) => id),
        [1, 3],
      );
    });

    it('is enforced while a frame grows, before memory is taken for it', () => {
      const writer = new FrameWriter(SLAB_BYTES * 2);
      write(writer, 'one', 1);
      const part = Buffer.alloc(SLAB_BYTES);
      writer.begin(REQUEST, 2, 0, NO_HEAD);
      writer.append(part, 0, part.length);
      assert.throws(() => writer.append(part, 0, part.length), tooLarge);
      writer.rollback();
      write(writer, 'three', 3);
      assert.deepEqual(
        framesOf([takeAll(writer)]).map(({ id }) => id),
        [1, 3],
      );
    });

    it('is enforced for text, which grows when it is encoded', () => {
      const writer = new FrameWriter(SLAB_BYTES);
      writer.begin(REQUEST, 1, 0, NO_HEAD);
      assert.throws(() => writer.appendUtf8('€'.repeat(SLAB_BYTES / 3)), tooLarge);
      writer.rollback();
      assert.equal(writer.pendingBytes, 0);
    });

    it('is enforced for a head, with nothing begun', () => {
      const writer = new FrameWriter(DEFAULT_MAX_FRAME_BYTES);
      assert.throws(() => writer.begin(REQUEST, 1, 0, Buffer.alloc(MAX_HEAD_BYTES + 1)), tooLarge);
      write(writer, 'two', 2);
      assert.deepEqual(takeAll(writer), frameOf('', 'two', { id: 2 }));
    });
  });
});
