import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { addExtension, Packr, pack } from 'msgpackr';
import { CHARGE, DecodeBudget } from '../../../lib/protocol/decode-budget.js';
import { decodeMsgpack } from '../../../lib/protocol/msgpack-decoder.js';

function decodeBytes(bytes: Buffer): unknown {
  return decodeMsgpack(bytes, 0, bytes.length);
}

function decodeHex(hex: string): unknown {
  return decodeBytes(Buffer.from(hex, 'hex'));
}

const text = (value: string): string => Buffer.from(value).toString('hex');

describe('decodeMsgpack', () => {
  describe('reads', () => {
    // By hand from the MessagePack specification, and from the table in lib/protocol/msgpack-decoder.ts.
    const vectors: readonly (readonly [hex: string, value: unknown])[] = [
      ...([
        ['00', 0],
        ['7f', 127],
        ['ff', -1],
        ['e0', -32],
        ['c0', null],
        ['c2', false],
        ['c3', true],
      ] as const),
      ...([
        ['ccff', 255],
        ['cdffff', 65_535],
        ['ceffffffff', 2 ** 32 - 1],
        ['cfffffffffffffffff', 2n ** 64n - 1n],
      ] as const),
      ...([
        ['d080', -128],
        ['d18000', -32_768],
        ['d280000000', -(2 ** 31)],
        ['d38000000000000000', -(2n ** 63n)],
      ] as const),
      ...([
        ['d07f', 127],
        ['d17fff', 32_767],
        ['d27fffffff', 2 ** 31 - 1],
        ['d37fffffffffffffff', 2n ** 63n - 1n],
        ['d3ffffffffffffffff', -1n],
      ] as const),
      ...([
        ['cb3ff8000000000000', 1.5],
        ['cb7ff0000000000000', Number.POSITIVE_INFINITY],
        ['cb7ff8000000000000', Number.NaN],
      ] as const),
      ...([
        ['a0', ''],
        [`a3${text('abc')}`, 'abc'],
        [`d903${text('abc')}`, 'abc'],
        [`da0003${text('abc')}`, 'abc'],
        [`db00000003${text('abc')}`, 'abc'],
      ] as const),
      [`d915${text('größer als sechzehn')}`, 'größer als sechzehn'],
      ['a2ff61', '\ufffda'],
      ['a4616161ff', 'aaa\ufffd'],
      ...([
        ['c400', Buffer.alloc(0)],
        ['c4020102', Buffer.from([1, 2])],
        ['c500020102', Buffer.from([1, 2])],
        ['c6000000020102', Buffer.from([1, 2])],
      ] as const),
      ...([
        ['90', []],
        ['920102', [1, 2]],
        ['dc00020102', [1, 2]],
        ['dd000000020102', [1, 2]],
        ['9191919190', [[[[[]]]]]],
      ] as const),
      ...([
        ['80', {}],
        ['81a16101', { a: 1 }],
        ['de0001a16101', { a: 1 }],
        ['df00000001a16101', { a: 1 }],
        ['81a001', { '': 1 }],
        ['81d9016101', { a: 1 }],
      ] as const),
      ['82a16101a16102', { a: 2 }],
      ...([
        ['d40000', undefined],
        ['d400ff', undefined],
      ] as const),
      ...([
        ['d6ff00000001', new Date(1000)],
        ['d7ffee2e1f0000000001', new Date(1999)],
        ['d7ff0000000300000000', new Date(3 * 2 ** 32 * 1000)],
      ] as const),
      ...([
        ['c70cff3b8b87c0ffffffffffffffff', new Date(-1)],
        ['c70cff00000000ffffffff00000000', new Date(-(2 ** 32) * 1000)],
      ] as const),
      ...([
        ['d4427f', 127n],
        ['d442ff', -1n],
        ['d5428000', -32_768n],
        ['c70942010000000000000000', 2n ** 64n],
        ['c80002427fff', 32_767n],
      ] as const),
      ...([
        ['c7017401', new Uint8Array(0)],
        ['c7037401ff02', new Uint8Array([255, 2])],
        ['c703740001ff', new Int8Array([1, -1])],
        ['d574010a', new Uint8Array([10])],
      ] as const),
      ...([
        ['c703741007ff', Uint8Array.of(7, 255).buffer],
        ['c9000000037411ab00', new DataView(Uint8Array.of(0xab, 0).buffer)],
      ] as const),
      ...([
        ['d47300920102', new Set([1, 2])],
        ['d4730090', new Set()],
      ] as const),
      ...([
        [
          'd44d00929201a1619202c0',
          new Map<unknown, unknown>([
            [1, 'a'],
            [2, null],
          ]),
        ],
        ['d44d0090', new Map()],
      ] as const),
    ];
    for (const [hex, value] of vectors) it(hex, () => assert.deepEqual(decodeHex(hex), value));

    it('an Error', () => {
      const error = decodeHex(`d4450094a9${text('TypeError')}a3${text('why')}a1${text('E')}c0`) as Error & {
        code: string;
      };
      assert.ok(error instanceof TypeError);
      assert.deepEqual([error.message, error.code, error.cause], ['why', 'E', null]);
    });
  });

  it('reads what msgpackr writes in every style', () => {
    const value = {
      numbers: [0, 127, 128, -32, -33, 65_535, 65_536, 2 ** 32, -(2 ** 31) - 1, 0.5, 10n ** 30n],
      texts: ['', 'x'.repeat(31), 'x'.repeat(32), 'ü'.repeat(300), '漢'.repeat(70_000)],
      nested: { list: Array.from({ length: 100 }, (_, i) => ({ i, [`key ${i}`]: i * 1.5 })), none: undefined },
      rich: [new Date(5), new Set(['a']), new Float32Array([1, 2]), Buffer.from('raw'), new Uint8Array([1]).buffer],
    };
    const moreTypes = new Packr({ useRecords: false, moreTypes: true });
    assert.deepEqual(decodeBytes(moreTypes.pack(value)), value);
    const variable = new Packr({ useRecords: false, moreTypes: true, variableMapSize: true });
    assert.deepEqual(decodeBytes(variable.pack(value)), value);
    assert.deepEqual(decodeBytes(pack(['the', { default: 'packer' }])), ['the', { default: 'packer' }]);
  });

  it('reads between the bytes of others, and leaves them alone', () => {
    const bytes = Buffer.from(`c1c1c193a3${text('abc')}cb3ff8000000000000c40101c1c1`, 'hex');
    const before = Buffer.from(bytes);
    assert.deepEqual(decodeMsgpack(bytes, 3, bytes.length - 2), ['abc', 1.5, Buffer.from([1])]);
    assert.throws(() => decodeMsgpack(bytes, 3, bytes.length - 3), /ends early/);
    assert.throws(() => decodeMsgpack(bytes, 3, bytes.length - 1), /1 bytes are left over/);
    assert.deepEqual(bytes, before);
  });

  it('reads short texts with one sign beyond ASCII, wherever it stands, as values and as keys', () => {
    for (let length = 1; length <= 20; length++) {
      for (let at = 0; at < length; at++) {
        const value = `${'a'.repeat(at)}é${'b'.repeat(length - at - 1)}`;
        assert.deepEqual(decodeBytes(pack([value, { [value]: 1 }])), [value, { [value]: 1 }]);
      }
    }
  });

  it('reads numbers from one chunk after the other', () => {
    for (const value of [1.5, -2.5, 1e300]) {
      const bytes = pack([value, value]);
      for (const at of [0, 1, 9]) {
        const chunk = Buffer.concat([Buffer.alloc(at), bytes]);
        assert.deepEqual(decodeMsgpack(chunk, at, chunk.length), [value, value]);
      }
    }
  });

  it('does not mix up keys that it remembers', () => {
    const keys = Array.from({ length: 20_000 }, (_, i) =>
      `key-${i % 2 ? i : i.toString(36)}`.padEnd(i % 31, 'é').slice(0, 31),
    );
    for (let round = 0; round < 2; round++) {
      for (const key of keys) assert.deepEqual(decodeBytes(pack({ [key]: 1 })), { [key]: 1 });
    }
  });

  it('remembers two keys that fall into one slot, as id and text do', () => {
    const bytes = pack([{ id: 1, text: 2 }]);
    decodeBytes(bytes);
    // A key that is not remembered is charged.
    const budget = new DecodeBudget(0);
    const before = budget.memory;
    const decoded = decodeMsgpack(bytes, 0, bytes.length, budget);
    assert.deepEqual(decoded, [{ id: 1, text: 2 }]);
    assert.equal(before - budget.memory, CHARGE.array + CHARGE.slot + CHARGE.object);
  });

  it('does not take a remembered key for bytes that end early', () => {
    decodeHex(`81a5${text('stale')}01`);
    for (const hex of ['81a5', `81a5${text('stal')}`]) {
      const bytes = Buffer.from(`${hex}${text('stale')}01`, 'hex');
      assert.throws(() => decodeMsgpack(bytes, 0, hex.length / 2), /ends early/);
    }
  });

  describe('refuses', () => {
    const refused: readonly (readonly [name: string, hex: string, message: RegExp])[] = [
      ['no bytes', '', /ends early/],
      ['the type that is never used', 'c1', /0xc1 is not the type/],
      ['the never used type within a value', '92c101', /0xc1 is not the type/],
      ['a float of 32 bits, which we never write', 'ca3fc00000', /0xca is not the type/],
      ['an unknown extension of each size', 'd40500', /0x5 is not a known type of a msgpack extension/],
      ['an unknown extension of 2 bytes', 'd5050000', /0x5 is not/],
      ['an unknown extension of 4 bytes', 'd60500000000', /0x5 is not/],
      ['an unknown extension of 8 bytes', `d705${'00'.repeat(8)}`, /0x5 is not/],
      ['an unknown extension of 16 bytes', `d805${'00'.repeat(16)}`, /0x5 is not/],
      ['an unknown extension of any size', 'c70105ff', /0x5 is not/],
      ["msgpackr's records", 'd4724091a16101', /0x72 is not/],
      ["msgpackr's records of two bytes", 'd572400091a16101', /0x72 is not/],
      ["msgpackr's pointers", 'd6690000000191d67000000001', /0x69 is not/],
      ["msgpackr's bundled texts", 'd66200000004c1', /0x62 is not/],
      ["msgpackr's Errors", `d4650091a5${text('Error')}`, /0x65 is not/],
      ['a number for a key', '810101', /key of a msgpack object is of type number/],
      ['null for a key', '81c001', /key of a msgpack object is of type object/],
      ['an array for a key', `8191a1${text('a')}01`, /key of a msgpack object is of type object/],
      ['a Set that is not made of an array', 'd47300a161', /not an array/],
      ['a Map that is not made of an array', 'd44d0080', /not an array/],
      ['a Map that is not made of pairs', 'd44d009101', /not a pair/],
      ['an Error that is not made of an array', 'd44500c0', /not an array/],
      ['an Error without a message', `d4450091a1${text('E')}`, /not made of texts/],
      ['an Error whose name is an object', 'd445009280a0', /not made of texts/],
      ['a RegExp', `d4780092a1${text('a')}a0`, /0x78 is not a known type of a msgpack extension/],
      ['a bigint without bytes', 'c70042', /bigint of no bytes/],
      ['a date of another size', 'd5ff0000', /date of 2 bytes/],
      ['a typed array without a kind', 'c70074', /of no kind/],
      ['a typed array of an unknown kind', 'c702740b00', /11 is not a kind/],
      ['a typed array of the kind 255', 'c70274ff00', /255 is not a kind/],
      ['an Int16Array of 1 byte', 'c702740301', /multiple of 2/],
      ['an Int32Array of 3 bytes', 'c7047405010203', /multiple of 4/],
    ];
    for (const [name, hex, message] of refused) it(name, () => assert.throws(() => decodeHex(hex), message));

    it('every length that claims more than there is, at once', () => {
      for (const type of [
        'c4ff',
        'c5ffff',
        'c6ffffffff',
        'c7ff42',
        'c8ffff42',
        'c9ffffffff42',
        'd9ff',
        'daffff',
        'dbffffffff',
        'dcffff',
        'ddffffffff',
        'deffff',
        'dfffffffff',
        '9f',
        '8f',
        'bf',
        'd842',
      ]) {
        const startedAt = performance.now();
        assert.throws(() => decodeHex(type), /ends early/, type);
        assert.throws(() => decodeHex(`${type}0102`), /ends early|claim/, type);
        assert.ok(performance.now() - startedAt < 100, type);
      }
    });

    it('what would be decoded by types that others in this process have registered', () => {
      class Strange {}
      addExtension({
        Class: Strange,
        type: 21,
        pack: () => Buffer.from([1]),
        unpack: () => assert.fail('it was asked'),
      });
      assert.throws(() => decodeHex('d41501'), /0x15 is not a known type/);
    });
  });

  describe('is not led to take memory or time that the bytes are not worth', () => {
    const MiB = 1024 * 1024;

    it('by arrays within arrays that each claim all that is left', () => {
      const bytes = Buffer.alloc(4 * MiB);
      for (let at = 0; at + 5 <= bytes.length; at += 5) {
        bytes[at] = 0xdd;
        bytes.writeUInt32BE(bytes.length - at - 5, at + 1);
      }
      const before = process.memoryUsage();
      const startedAt = performance.now();
      assert.throws(() => decodeBytes(bytes), /claim more items than it has bytes/);
      const after = process.memoryUsage();
      assert.ok(after.heapTotal + after.external - before.heapTotal - before.external < 200 * MiB);
      assert.ok(performance.now() - startedAt < 2_000);
    });

    it('by nesting', () => {
      for (const opener of ['91', 'dc0001', '81a0', 'd44d0091', 'd47300', 'd4450091']) {
        assert.throws(() => decodeBytes(Buffer.alloc(4 * MiB, opener, 'hex')), Error, opener);
      }
      assert.deepEqual(decodeHex('9101'), [1]);
    });

    it('by thousands of Errors, whose stacks would take seconds to find', () => {
      const one = Buffer.from('d4450092a0a0', 'hex');
      const count = 10_000;
      const header = Buffer.from([0xdd, 0, 0, 0, 0]);
      header.writeUInt32BE(count, 1);
      const startedAt = performance.now();
      const errors = decodeBytes(Buffer.concat([header, Buffer.alloc(count * one.length, one)])) as Error[];
      assert.equal(errors.length, count);
      assert.ok(performance.now() - startedAt < 2_000);
      assert.equal(errors[0]?.stack?.includes('    at '), false);
      assert.ok(new Error('ours').stack?.includes('    at '), 'and ours have their stacks as ever');
    });

    it('by a bigint as long as a frame', () => {
      const bytes = Buffer.alloc(MiB, 0x7f);
      bytes.set([0xc9, 0, 0x0f, 0xff, 0xfa, 0x42]);
      const startedAt = performance.now();
      assert.equal(typeof decodeBytes(bytes), 'bigint');
      assert.ok(performance.now() - startedAt < 2_000);
    });
  });

  it('says nothing of the content in its errors', () => {
    const secret = pack({ password: 'hunter2' });
    for (const bytes of [Buffer.concat([secret, secret]), secret.subarray(0, -1)]) {
      assert.throws(
        () => decodeBytes(bytes),
        (error: Error) => !/password|hunter/.test(`${error.message} ${error.stack}`),
      );
    }
  });
});
