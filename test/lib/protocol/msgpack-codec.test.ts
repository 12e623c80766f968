import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { addExtension, Packr, Unpackr } from 'msgpackr';
import { msgpackCodec } from '../../../lib/protocol/msgpack-codec.js';
import { EXT } from '../../../lib/protocol/msgpack-types.js';
import { encode, roundTrip } from './support.js';

class Meters {
  readonly n: number;
  constructor(n: number) {
    this.n = n;
  }
}
class Seconds extends Meters {}

// Before the codec is first used, which is when it tells msgpackr of a class of its own.
for (const [Class, type] of [
  [Meters, EXT.map],
  [Seconds, EXT.error],
] as const) {
  addExtension({
    Class,
    type,
    pack: ({ n }: Meters) => Buffer.from([n]),
    unpack: ([n = 0]: Uint8Array) => new Class(n),
  });
}

/** What this codec has in common with the other users of msgpackr in the process: the package's own state. */
describe('msgpackCodec, beside other users of msgpackr,', () => {
  class Hosts extends Map<string, number> {}
  const others = {
    packer: new Packr({ useRecords: false, moreTypes: true }),
    unpacker: new Unpackr({ useRecords: false }),
  };

  it('does not decide over what they encode', () => {
    encode(msgpackCodec, {});
    const theirs = { promise: Promise.resolve(), hosts: new Hosts([['a', 1]]), weak: new WeakMap() };
    assert.deepEqual(others.unpacker.unpack(others.packer.pack(theirs)), { promise: {}, hosts: {}, weak: {} });
    // Theirs has a cause, even if undefined, which Node 22 and later hold to be another Error than one without.
    const error: unknown = others.unpacker.unpack(others.packer.pack(new Error('m')));
    assert.ok(error instanceof Error && Object.hasOwn(error, 'cause'));
    assert.equal(error.message, 'm');
  });

  it('leaves them their extension types, also the ones that it uses itself', () => {
    assert.deepEqual(roundTrip(msgpackCodec, new Map([['a', new Error('m')]])), new Map([['a', new Error('m')]]));
    for (const theirs of [new Meters(7), new Seconds(8)]) {
      assert.deepEqual(others.unpacker.unpack(others.packer.pack([theirs])), [theirs]);
    }
  });

  it('may be called from within their packing, and they from within its own', () => {
    const mine = { toJSON: () => encode(msgpackCodec, { map: new Map([[1, [2]]]), text: 'mine' }).toString('hex') };
    const expected = mine.toJSON();
    class Wrapped {
      toJSON(): unknown {
        return { got: mine.toJSON() };
      }
    }
    assert.deepEqual(others.unpacker.unpack(others.packer.pack(['a', new Wrapped(), 'b'])), [
      'a',
      { got: expected },
      'b',
    ]);
    class Theirs {
      toJSON(): unknown {
        return others.packer.pack({ text: 'theirs', hosts: new Map([['a', 1]]) });
      }
    }
    const [before, bytes, after] = roundTrip(msgpackCodec, ['a', new Theirs(), 'b']) as [string, Buffer, string];
    assert.deepEqual([before, others.unpacker.unpack(bytes), after], ['a', { text: 'theirs', hosts: { a: 1 } }, 'b']);
  });

  it('still sees a promise behind a toJSON that made a call', () => {
    class Calls {
      toJSON(): unknown {
        return encode(msgpackCodec, ['inner']).length;
      }
    }
    assert.throws(() => encode(msgpackCodec, [new Calls(), Promise.resolve()]), /\[1\] is a promise/);
    assert.throws(() => encode(msgpackCodec, [new Calls(), new WeakMap()]), /\[1\] is a WeakMap/);
  });
});

describe('msgpackCodec', () => {
  it('writes what the table in msgpack-decoder.ts says', () => {
    const vectors = [
      [new Map([[1, 'a']]), 'd44d00' + '91' + '9201a161'],
      [
        Object.assign(new RangeError('m'), { code: 5 }),
        `d4450094aa${Buffer.from('RangeError').toString('hex')}a16d05d40000`,
      ],
      [new Set([1]), 'd47300' + '9101'],
      [undefined, 'd40000'],
      [{ a: -1 }, 'de0001' + 'a161ff'],
      [Buffer.from([1, 2]), 'c4020102'],
      [new Uint16Array([1]), 'c70374040100'],
    ] as const;
    for (const [value, hex] of vectors) assert.equal(encode(msgpackCodec, value).toString('hex'), hex);
  });

  it('writes long texts as UTF-8, wherever they leave ASCII', () => {
    const plain = 'x'.repeat(10_000);
    for (const sign of ['', 'é', '漢', '😀']) {
      for (const value of [sign + plain, plain + sign, plain + sign + plain]) {
        const bytes = encode(msgpackCodec, value);
        assert.equal(bytes.toString('utf8', 3), value);
        assert.equal(bytes.readUInt16BE(1), Buffer.byteLength(value));
        assert.equal(roundTrip(msgpackCodec, value), value);
      }
    }
  });

  it('goes on after failures of all kinds, in the middle of large values too', () => {
    const large = 'x'.repeat(100_000);
    for (const bad of [() => 1, Symbol('s'), Promise.resolve(), new WeakMap()]) {
      assert.throws(() => encode(msgpackCodec, [large, { deep: [bad] }]), TypeError);
      assert.throws(() => encode(msgpackCodec, new Set([large, bad])), TypeError);
      assert.throws(() => encode(msgpackCodec, new Map([[large, bad]])), TypeError);
      assert.equal(roundTrip(msgpackCodec, large), large);
    }
  });
});
