import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MsgpackWriter } from '../../browser/lib/protocol/msgpack-writer.js';
import { Bytes } from '../../lib/protocol/bytes.js';
import { decodeMsgpack } from '../../lib/protocol/msgpack-decoder.js';
import { KIND_OF_VIEW } from '../../lib/protocol/msgpack-types.js';
import { Random } from '../fuzz/random.js';

/** The value that Node reads where a page has written. */
function written(write: (out: MsgpackWriter) => void): unknown {
  const sink = new Bytes();
  const out = new MsgpackWriter();
  out.open(sink);
  write(out);
  out.commit();
  out.close();
  const bytes = sink.written;
  return decodeMsgpack(bytes, 0, bytes.length);
}

const random = new Random(11);
/** Sizes at which a header gets longer. */
const SIZES = [0, 1, 15, 16, 31, 32, 255, 256, 65_535, 65_536];

describe('what a page writes', () => {
  it('are numbers, as Node reads them', () => {
    const edges = [0, 7, 8, 15, 16, 31, 32, 63, 64].flatMap((bits) => [2 ** bits - 1, 2 ** bits, -(2 ** bits)]);
    const odd = [-0, 0.5, 1e300, Number.NaN, Infinity, -Infinity, Number.MIN_VALUE, Number.MAX_SAFE_INTEGER];
    const any = Array.from({ length: 500 }, () => random.below(2 ** random.below(53)) * random.pick([1, -1]));
    for (const value of [...edges, ...odd, ...any])
      assert.ok(
        Object.is(
          written((out) => out.number(value)),
          value,
        ),
        String(value),
      );
  });

  it('are texts of every length, and none with half of a surrogate pair', () => {
    for (const size of SIZES)
      for (const text of ['x'.repeat(size), `${'é'.repeat(size >> 1)}${'x'.repeat(size & 1)}`, `${'x'.repeat(size)}😀`])
        assert.equal(
          written((out) => assert.ok(out.text(text))),
          text,
        );
    const half = new Bytes();
    const out = new MsgpackWriter();
    out.open(half);
    assert.equal(out.text('a\ud800'), false);
    assert.equal(half.written.length, 0);
  });

  it('are arrays and objects of every length, also with a size that is known at the end', () => {
    for (const size of SIZES) {
      const array = written((out) => {
        out.array(size);
        for (let i = 0; i < size; i++) out.token(0xc0);
      });
      assert.deepEqual(array, new Array(size).fill(null));
      const object = written((out) => {
        const mark = out.beginMap();
        for (let i = 0; i < size; i++) {
          out.text(`k${i}`);
          out.number(i);
        }
        out.endMap(mark, size);
      });
      assert.equal(Object.keys(object as object).length, size);
    }
  });

  it('are bigints within 64 bits and beyond', () => {
    const edges = [0n, 63n, 64n, 127n, 128n, 600n].flatMap((bits) => [2n ** bits - 1n, 2n ** bits, -(2n ** bits)]);
    for (const value of edges) {
      const read = written((out) => out.bigint(value));
      assert.equal(BigInt(read as bigint), value);
      assert.equal(typeof read, 'bigint');
    }
  });

  it('are dates of every time, and one without a time', () => {
    for (const time of [0, 1, -1, 999, 2 ** 32 * 1_000 - 1, 2 ** 32 * 1_000, 8.64e15, -8.64e15, 1_700_000_000_123])
      assert.equal((written((out) => out.date(time)) as Date).getTime(), time);
    assert.ok(Number.isNaN((written((out) => out.date(Number.NaN)) as Date).getTime()));
  });

  it('are bytes and typed arrays of every length', () => {
    const kind = KIND_OF_VIEW.get('Uint8Array') as number;
    for (const size of SIZES) {
      const content = Uint8Array.from({ length: size }, (_, i) => i);
      assert.deepEqual(
        written((out) => out.buffer(content)),
        Buffer.from(content),
      );
      assert.deepEqual(
        written((out) => out.view(kind, content)),
        content,
      );
    }
  });

  it('is dropped behind a mark', () => {
    const value = written((out) => {
      const start = out.mark;
      out.text('not this');
      out.backTo(start);
      out.tag(0);
    });
    assert.equal(value, undefined);
  });
});
