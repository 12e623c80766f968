import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Codec } from '../../../lib/protocol/codec.js';
import { CODEC_NAMES, chooseCodec, STOCK_CODEC } from '../../../lib/protocol/codecs.js';
import { jsonCodec } from '../../../lib/protocol/json-codec.js';
import { msgpackCodec } from '../../../lib/protocol/msgpack-codec.js';
import { stockCodec } from '../../../lib/protocol/stock-codec.js';
import { isEncodeRefusal } from '../../../lib/protocol/value-path.js';
import { decode, encode, roundTrip } from './support.js';

const CODECS: readonly Codec[] = [msgpackCodec, stockCodec, jsonCodec];

/** What becomes of a value: it comes back equal, or as something else, or is refused with this in the message. */
type Outcome = 'same' | { readonly as: unknown } | RegExp;

interface Row {
  readonly name: string;
  readonly value: unknown;
  readonly msgpack: Outcome;
  readonly stock: Outcome;
  readonly json: Outcome;
}

class Point {
  x = 1;
  y = 2;
  get sum(): number {
    return this.x + this.y;
  }
  move(): void {}
}
class Money {
  readonly #cents = 250;
  toJSON(): object {
    return { cents: this.#cents };
  }
}
class Hosts extends Map<string, number> {}
class Names extends Set<string> {}
class Rows extends Array<number> {}
class Bytes extends Uint8Array {}
class Thenable {
  // biome-ignore lint/suspicious/noThenProperty: what makes a promise of any library one
  then(): void {}
}

const everywhere = (outcome: Outcome): Pick<Row, 'msgpack' | 'stock' | 'json'> => ({
  msgpack: outcome,
  stock: outcome,
  json: outcome,
});
const msgpackOnly = (refused: RegExp): Pick<Row, 'msgpack' | 'stock' | 'json'> => ({
  msgpack: 'same',
  stock: refused,
  json: refused,
});
const at = (date: number | string): Date => new Date(date);
const cyclic = (): object => {
  const value: { self?: unknown; list: unknown[] } = { list: [] };
  value.list.push({ back: value });
  return value;
};

const TABLE: readonly Row[] = [
  { name: 'null', value: null, ...everywhere('same') },
  { name: 'undefined', value: undefined, ...everywhere('same') },
  { name: 'true', value: true, ...everywhere('same') },
  { name: 'false', value: false, ...everywhere('same') },

  ...[
    0,
    1,
    -1,
    31,
    32,
    127,
    128,
    255,
    256,
    65_535,
    65_536,
    2 ** 31 - 1,
    2 ** 31,
    2 ** 32 - 1,
    2 ** 32,
    2 ** 53 - 1,
    2 ** 53,
  ].flatMap((n) =>
    [n, -n].map((value): Row => ({ name: `the number ${value}`, value: value + 0, ...everywhere('same') })),
  ),
  ...[-32, -33, -128, -129, -32_768, -32_769, -(2 ** 31), -(2 ** 31) - 1].map(
    (value): Row => ({ name: `the number ${value}`, value, ...everywhere('same') }),
  ),
  ...[0.1, -0.5, 1 / 3, 16_777_217.5, Math.PI, 5e-324, -2.5e-10, 123456.789, 2 ** 40 + 0.25].map(
    (value): Row => ({ name: `the fraction ${value}`, value, ...everywhere('same') }),
  ),
  { name: '1e300', value: 1e300, msgpack: 'same', stock: /^\$ is 1e\+300, which/, json: 'same' },
  {
    name: 'a whole number that base 36 loses',
    value: { n: [2 ** 70] },
    msgpack: 'same',
    stock: /^\$\.n\[0\] is 1180591620717411303424|^\$\.n\[0\] is 1\.18/,
    json: 'same',
  },
  { name: '-0', value: -0, msgpack: 'same', stock: 'same', json: { as: 0 } },
  { name: '-0 in a list', value: [1, -0], msgpack: 'same', stock: 'same', json: { as: [1, 0] } },
  {
    name: 'NaN',
    value: [Number.NaN],
    msgpack: 'same',
    stock: 'same',
    json: /^\$\[0\] is NaN, which the json codec cannot carry$/,
  },
  {
    name: 'Infinity',
    value: { a: Number.POSITIVE_INFINITY },
    msgpack: 'same',
    stock: 'same',
    json: /^\$\.a is Infinity, /,
  },
  { name: '-Infinity', value: Number.NEGATIVE_INFINITY, msgpack: 'same', stock: 'same', json: /^\$ is -Infinity, / },
  ...[
    0n,
    -1n,
    2n ** 63n - 1n,
    2n ** 63n,
    2n ** 64n - 1n,
    2n ** 64n,
    -(2n ** 63n),
    -(2n ** 63n) - 1n,
    7n ** 100n,
    -(7n ** 101n),
  ].map(
    (value): Row => ({
      name: `the bigint ${value}`,
      value,
      ...msgpackOnly(/is a bigint, which the (serialize-json|json) codec/),
    }),
  ),

  { name: 'an empty text', value: '', ...everywhere('same') },
  ...[1, 15, 16, 31, 32, 63, 64, 65, 139, 140, 255, 256, 65_535, 65_536].flatMap((length) => [
    { name: `a text of ${length} letters`, value: 'abcdefghij'.repeat(length).slice(0, length), ...everywhere('same') },
    {
      name: `a text of ${length} signs beyond ASCII`,
      value: 'äß€漢字'.repeat(length).slice(0, length),
      ...everywhere('same'),
    },
  ]),
  { name: 'a text beyond the basic plane', value: 'a😀b👩‍👩‍👧c', ...everywhere('same') },
  { name: 'a text that begins with a byte order mark', value: `\ufeff${'x'.repeat(100)}`, ...everywhere('same') },
  {
    name: 'a text of all that is escaped somewhere',
    value: '+ %2B|%7C^%5E%25 "\\/\b\f\n\r\t\0\u2028 @$*#]',
    ...everywhere('same'),
  },
  { name: 'a text of 1 MiB', value: 'x'.repeat(2 ** 20), ...everywhere('same') },
  { name: 'a text of 1 MiB beyond ASCII', value: '漢'.repeat(2 ** 20 / 3), ...everywhere('same') },
  {
    name: 'half a surrogate pair',
    value: `${'x'.repeat(100)}\ud83d`,
    msgpack: /^\$ is a text with half of a surrogate pair, which the msgpack codec cannot carry$/,
    stock: /^\$ is a text with half of a surrogate pair, /,
    json: 'same',
  },

  { name: 'an empty array', value: [], ...everywhere('same') },
  { name: 'arrays in arrays', value: [[], [[1], [2, [3]]]], ...everywhere('same') },
  { name: 'an array of 70,000', value: Array.from({ length: 70_000 }, (_, i) => i), ...everywhere('same') },
  {
    name: 'undefined in an array',
    value: [1, undefined, 3],
    msgpack: 'same',
    stock: 'same',
    json: /^\$\[1\] is undefined, /,
  },
  {
    name: 'a hole in an array',
    value: Object.assign(new Array(3), { 0: 1, 2: 3 }),
    msgpack: { as: [1, undefined, 3] },
    stock: { as: [1, undefined, 3] },
    json: /^\$\[1\] is undefined, /,
  },
  { name: 'an array of a class of its own', value: Rows.of(1, 2), ...everywhere({ as: [1, 2] }) },

  { name: 'an empty object', value: {}, ...everywhere('same') },
  {
    name: 'objects in objects',
    value: { a: { b: { c: [{ d: null }] } }, '': 1, 'with space': 2, ümlaut: 3, 7: 4 },
    ...everywhere('same'),
  },
  {
    name: 'an undefined property',
    value: { a: undefined, b: 1 },
    msgpack: 'same',
    stock: 'same',
    json: { as: { b: 1 } },
  },
  {
    name: 'an object of 70,000 keys',
    value: Object.fromEntries(Array.from({ length: 70_000 }, (_, i) => [`k${i}`, i])),
    ...everywhere('same'),
  },
  {
    name: 'keys of any length',
    value: Object.fromEntries([1, 30, 31, 32, 33, 300].map((n) => ['k'.repeat(n), n])),
    ...everywhere('same'),
  },
  {
    name: 'an object without a prototype',
    value: Object.assign(Object.create(null), { a: 1 }),
    ...everywhere({ as: { a: 1 } }),
  },
  {
    name: 'keys like those of Object.prototype',
    value: { constructor: 1, hasOwnProperty: 2, toString: null, valueOf: 'x' },
    ...everywhere('same'),
  },
  { name: 'an instance of a class', value: { at: new Point() }, ...everywhere({ as: { at: { x: 1, y: 2 } } }) },
  { name: 'a key that is a symbol', value: { a: 1, [Symbol('s')]: 2 }, ...everywhere({ as: { a: 1 } }) },
  {
    name: 'a key __proto__, as JSON.parse makes one',
    value: [JSON.parse('{"a":{"__proto__":{},"b":1}}')],
    ...everywhere({ as: [{ a: { b: 1 } }] }),
  },
  {
    name: 'a key __proto__ next to a Map',
    value: [new Map(), JSON.parse('{"__proto__":[],"b":1}')],
    ...{ msgpack: { as: [new Map(), { b: 1 }] }, stock: /^\$\[0\] is a Map, /, json: /^\$\[0\] is a Map, / },
  },
  { name: 'the same object twice', value: ((o) => [o, { o }])({ a: [1] }), ...everywhere('same') },
  {
    name: 'an object that is nested 500 deep',
    value: Array.from({ length: 500 }).reduce((inner) => ({ in: [inner] }), 1),
    ...everywhere('same'),
  },

  { name: 'toJSON in a class', value: [new Money()], ...everywhere({ as: [{ cents: 250 }] }) },
  {
    name: 'toJSON in an object',
    value: { a: { b: 1, toJSON: () => 'instead' } },
    ...everywhere({ as: { a: 'instead' } }),
  },
  {
    name: 'toJSON that returns its object',
    value: Object.assign(
      Object.create({
        toJSON(): unknown {
          return this;
        },
      }),
      { a: 1 },
    ),
    ...everywhere({ as: { a: 1 } }),
  },
  { name: 'a URL', value: new URL('http://localhost/path'), ...everywhere({ as: 'http://localhost/path' }) },

  ...[
    0,
    1,
    999,
    1000,
    -1,
    -1000,
    1_700_000_000_123,
    2 ** 32 * 1000,
    2 ** 34 * 1000 + 7,
    -62_135_596_800_000,
    8.64e15,
    -8.64e15,
  ].map(
    (time): Row => ({
      name: `the Date ${time}`,
      value: { at: at(time) },
      msgpack: 'same',
      stock: 'same',
      json: /^\$\.at is a Date, which the json/,
    }),
  ),
  { name: 'an empty Buffer', value: Buffer.alloc(0), msgpack: 'same', stock: 'same', json: /^\$ is a Buffer, / },
  ...[1, 127, 255, 256, 65_536].map(
    (n): Row => ({
      name: `a Buffer of ${n}`,
      value: { b: Buffer.alloc(n, 'octets') },
      msgpack: 'same',
      stock: 'same',
      json: /^\$\.b is a Buffer, /,
    }),
  ),
  ...[
    ...[
      new Int8Array([-1, 2]),
      new Uint8Array([1, 255]),
      new Uint8ClampedArray([1, 255]),
      new Int16Array([-1, 2]),
      new Uint16Array([1, 65_535]),
    ],
    ...[
      new Int32Array([-1, 2]),
      new Uint32Array([2 ** 32 - 1]),
      new Float32Array([0.5, -1]),
      new Float64Array([0.1, Number.NaN]),
    ],
    ...[
      new BigInt64Array([-1n]),
      new BigUint64Array([2n ** 64n - 1n]),
      new DataView(new Uint8Array([1, 2, 3]).buffer),
      new Uint8Array(0),
    ],
    new Float64Array(new ArrayBuffer(32), 8, 2),
  ].map(
    (value): Row => ({
      name: `a ${value.constructor.name} of ${value.byteLength}`,
      value: [value],
      ...msgpackOnly(/^\$\[0\] is an? \w+Array|^\$\[0\] is a DataView/),
    }),
  ),
  { name: 'an ArrayBuffer', value: new Uint8Array([1, 2, 3]).buffer, ...msgpackOnly(/^\$ is an ArrayBuffer, /) },
  {
    name: 'a typed array of a class of its own',
    value: { b: new Bytes(2) },
    ...everywhere(/^\$\.b is a Bytes, which the \S+ codec cannot carry$/),
  },
  {
    name: 'a SharedArrayBuffer',
    value: { b: new SharedArrayBuffer(2) },
    ...everywhere(/^\$\.b is a SharedArrayBuffer, /),
  },
  {
    name: 'a RegExp',
    value: { word: /a/g },
    ...everywhere(/^\$\.word is a RegExp, which the \S+ codec cannot carry; send its source and flags as texts$/),
  },

  {
    name: 'a Map',
    value: new Map<unknown, unknown>([
      ['a', 1],
      [2, { b: [] }],
      [null, undefined],
    ]),
    ...msgpackOnly(/^\$ is a Map, /),
  },
  { name: 'an empty Map', value: { m: new Map() }, ...msgpackOnly(/^\$\.m is a Map, /) },
  {
    name: 'a Map in an array in a Map in a Set in an object',
    value: { s: new Set([new Map([['k', [new Map([[new Map(), 1]])]]])]) },
    ...msgpackOnly(/^\$\.s is a Set, /),
  },
  {
    name: 'a Map of a class of its own',
    value: [new Hosts([['a', 1]])],
    msgpack: { as: [new Map([['a', 1]])] },
    stock: /^\$\[0\] is a Map, /,
    json: /^\$\[0\] is a Map, /,
  },
  { name: 'a Set', value: new Set<unknown>([1, 'a', { b: 2 }, [3], Number.NaN]), ...msgpackOnly(/^\$ is a Set, /) },
  {
    name: 'a Set of a class of its own',
    value: new Names(['a']),
    msgpack: { as: new Set(['a']) },
    stock: /^\$ is a Set, /,
    json: /^\$ is a Set, /,
  },
  {
    name: 'a Map next to everything that goes with it',
    value: [new Map([[at(5), 'x']]), Buffer.from('b'), new Set([5n]), new Point(), new Money()],
    msgpack: { as: [new Map([[at(5), 'x']]), Buffer.from('b'), new Set([5n]), { x: 1, y: 2 }, { cents: 250 }] },
    stock: /^\$\[0\] is a Map, /,
    json: /^\$\[0\] is a Map, /,
  },

  {
    name: 'a function',
    value: { user: { save() {} } },
    ...everywhere(/^\$\.user\.save is a function, which the \S+ codec cannot carry$/),
  },
  {
    name: 'a function in the cause of an Error',
    value: [new Error('e', { cause: { f() {} } })],
    msgpack: /^\$\[0\]\.cause\.f is a function, /,
    stock: /^\$\[0\]\.cause\.f is a function, /,
    json: /^\$\[0\] is an Error, /,
  },
  { name: 'a class', value: Point, ...everywhere(/^\$ is a function, /) },
  {
    name: 'a function in a Map',
    value: new Map([['a', { f() {} }]]),
    msgpack: /^\$<value 0>\.f is a function, /,
    stock: /^\$ is a Map, /,
    json: /^\$ is a Map, /,
  },
  {
    name: 'a function for a key of a Map',
    value: new Map<unknown, unknown>([
      [1, 1],
      [() => 1, 2],
    ]),
    msgpack: /^\$<key 1> is a function, /,
    stock: /^\$ is a Map, /,
    json: /^\$ is a Map, /,
  },
  {
    name: 'a function in a Set',
    value: { s: new Set([[], [() => 1]]) },
    msgpack: /^\$\.s<1>\[0\] is a function, /,
    stock: /^\$\.s is a Set, /,
    json: /^\$\.s is a Set, /,
  },
  {
    name: 'a function out of a toJSON',
    value: { a: { toJSON: () => ({ f() {} }) } },
    ...everywhere(/^\$\.a\.f is a function, /),
  },
  { name: 'a symbol', value: ['a', { s: Symbol('s') }], ...everywhere(/^\$\[1\]\.s is a symbol, /) },
  { name: 'a promise', value: Promise.resolve(1), ...everywhere(/^\$ is a promise, /) },
  {
    name: 'a promise among other things',
    value: { users: [{ id: 1 }, Promise.resolve(2)] },
    ...everywhere(/^\$\.users\[1\] is a promise, /),
  },
  { name: "a library's promise", value: { a: new Thenable() }, ...everywhere(/^\$\.a is a promise, /) },
  { name: 'a WeakMap', value: [new WeakMap()], ...everywhere(/^\$\[0\] is a WeakMap, /) },
  { name: 'a WeakSet', value: [new WeakSet()], ...everywhere(/^\$\[0\] is a WeakSet, /) },
  { name: 'a WeakRef', value: [new WeakRef({})], ...everywhere(/^\$\[0\] is a WeakRef, /) },
  { name: 'a boxed number', value: { n: Object(7) }, ...everywhere(/^\$\.n is a Number, /) },
  { name: 'a boxed text', value: Object('ab'), ...everywhere(/^\$ is a String, /) },
  { name: 'a generator', value: [(function* () {})()], ...everywhere(/^\$\[0\] is a Generator, /) },
  { name: 'URLSearchParams', value: { q: new URLSearchParams('a=1') }, ...everywhere(/^\$\.q is a URLSearchParams, /) },
  { name: 'a cycle', value: cyclic(), ...everywhere(/^\$\.list\[0\]\.back is a cycle, /) },
  {
    name: 'a cycle through a Map',
    value: ((m) => m.set('m', m))(new Map<string, unknown>()),
    msgpack: /^\$<value 0> is a cycle, /,
    stock: /^\$ is a Map, /,
    json: /^\$ is a Map, /,
  },
];

const outcomeFor = (row: Row, codec: Codec): Outcome =>
  codec === msgpackCodec ? row.msgpack : codec === stockCodec ? row.stock : row.json;

for (const codec of CODECS) {
  describe(`the ${codec.name} codec`, () => {
    for (const row of TABLE) {
      const outcome = outcomeFor(row, codec);
      if (outcome instanceof RegExp) {
        it(`refuses ${row.name}`, () => {
          assert.throws(() => encode(codec, row.value), { name: 'TypeError', message: outcome });
          assert.equal(roundTrip(codec, 'and goes on'), 'and goes on');
        });
      } else if (outcome === 'same') {
        it(`carries ${row.name}`, () => assert.deepEqual(roundTrip(codec, row.value), row.value));
      } else {
        it(`carries ${row.name} in its way`, () => assert.deepEqual(roundTrip(codec, row.value), outcome.as));
      }
    }

    it('does not send the key __proto__, since a stock peer would take it for the prototype', () => {
      assert.equal(encode(codec, JSON.parse('{"__proto__":{}}')).includes('__proto__'), false);
    });

    it('leaves the value as it was', () => {
      const frozen = Object.freeze({ list: Object.freeze([Object.freeze({ a: 1 }), new Money()]), text: 'x' });
      assert.deepEqual(roundTrip(codec, frozen), { list: [{ a: 1 }, { cents: 250 }], text: 'x' });
    });

    it('puts the path before an error of a getter or a toJSON, and does not take it for one of its own', () => {
      const failure = new RangeError('out of range');
      const fail = (): never => {
        throw failure;
      };
      const readable = { a: 1, toJSON: fail };
      for (const [value, path] of [
        [{ failing: Object.defineProperty({}, 'now', { enumerable: true, get: fail }) }, '$.failing.now'],
        [[1, readable], '$[1]'],
        [[new Proxy({ a: 1 }, { get: fail })], '$[0].a'],
        [{ list: [new Proxy([1], { get: fail })] }, '$.list[0]'],
      ] as const) {
        assert.throws(
          () => encode(codec, value),
          (error: Error) => {
            assert.equal(error.name, 'TypeError');
            assert.equal(error.message, `${path} cannot be read: out of range`);
            assert.equal(error.cause, failure);
            return !isEncodeRefusal(error);
          },
        );
      }
      assert.deepEqual(roundTrip(codec, { a: 1 }), { a: 1 });
    });

    it('may be used by the getters and toJSON methods of what it encodes', () => {
      const seen: Buffer[] = [];
      class Logged {
        readonly #depth: number;
        constructor(depth: number) {
          this.#depth = depth;
        }
        toJSON(): object {
          seen.push(encode(codec, { inner: 'a text', depth: this.#depth, list: [1, 2.5, null] }));
          assert.throws(() => encode(codec, { f() {} }), TypeError);
          return this.#depth > 0 ? { at: this.#depth, below: new Logged(this.#depth - 1) } : { at: 0 };
        }
      }
      const value = {
        before: ['a', 1.5],
        get got(): string {
          seen.push(encode(codec, { inner: 'a text', depth: -1, list: [1, 2.5, null] }));
          return 'it';
        },
        logged: new Logged(2),
        after: ['b', 2.5],
      };
      assert.deepEqual(roundTrip(codec, value), {
        ...{ before: ['a', 1.5], got: 'it', logged: { at: 2, below: { at: 1, below: { at: 0 } } }, after: ['b', 2.5] },
      });
      assert.ok(seen.length >= 4);
      for (const bytes of seen) assert.equal((decode(codec, bytes) as { inner: string }).inner, 'a text');
    });

    it('survives a value that is too deep for it', () => {
      const deep = Array.from({ length: 100_000 }).reduce((inner) => [inner], 1);
      assert.throws(() => encode(codec, deep), RangeError);
      assert.deepEqual(roundTrip(codec, { a: [1] }), { a: [1] });
    });

    // serialize-json has no end mark, and takes what has lost its last brackets, or all of them, for a value.
    if (codec !== stockCodec) {
      it('throws on whatever is cut off, or goes on after its end', () => {
        const encoded = encode(codec, {
          id: 7,
          name: 'a name',
          tags: ['x', 'y'],
          flag: true,
          list: [1.5, -70_000, 'ü'],
        });
        for (let length = 1; length < encoded.length; length++) {
          assert.throws(() => decode(codec, encoded.subarray(0, length)), Error, `after ${length} bytes`);
        }
        for (const more of ['00', '30', 'c0', '22']) {
          assert.throws(() => decode(codec, Buffer.concat([encoded, Buffer.from(more, 'hex')])), Error);
        }
      });
    }

    it('gives no object a prototype that came from the wire, and Object.prototype nothing', () => {
      for (const hostile of PROTO_KEYS[codec.name] ?? assert.fail()) {
        let value: unknown;
        try {
          value = decode(codec, hostile);
        } catch {
          continue; // refused: good
        }
        for (const object of objectsIn(value)) {
          assert.ok(
            [Object.prototype, Array.prototype, Buffer.prototype, Error.prototype].includes(
              Object.getPrototypeOf(object),
            ),
          );
          assert.equal(Object.hasOwn(object, '__proto__'), false);
        }
      }
    });
  });
}

/** All objects that can be reached. */
function* objectsIn(value: unknown): Generator<object> {
  if (typeof value !== 'object' || value === null) return;
  yield value;
  for (const key of Object.getOwnPropertyNames(value)) yield* objectsIn((value as Record<string, unknown>)[key]);
}

/**
 * By codec name: an object whose key `__proto__`, spelled in one way or another, holds an empty object. A decoder that takes the
 * key for the prototype shows in that prototype, and nothing is inherited.
 */
const PROTO_KEYS: Readonly<Record<string, readonly Buffer[]>> = {
  msgpack: [
    Buffer.concat([Buffer.from('81a9', 'hex'), Buffer.from('__proto__'), Buffer.from('80', 'hex')]),
    Buffer.concat([Buffer.from('81d909', 'hex'), Buffer.from('__proto__'), Buffer.from('80', 'hex')]),
    Buffer.concat([Buffer.from('9181da0009', 'hex'), Buffer.from('__proto__'), Buffer.from('80', 'hex')]),
  ],
  json: ['{"__proto__":{}}', '[{"__proto__":{}}]', '{"a":{"__pro\\u0074o__":{}}}'].map((text) => Buffer.from(text)),
  'serialize-json': [
    '__proto__^^^^$0|$]]',
    'a|__proto__^^^^$0|$1|$]]]',
    'a|__proto__^^^^@0|$1|$]]]',
    '__proto__^^^^#0|$]]',
  ].map((text) => Buffer.from(text)),
};

describe('an invalid Date', () => {
  it('arrives as one through msgpack', () => {
    const got = roundTrip(msgpackCodec, { at: at('never') }) as { at: Date };
    assert.ok(got.at instanceof Date && Number.isNaN(got.at.getTime()));
  });

  it('is refused by serialize-json, which would make it the 30191st millisecond of 1970', () => {
    assert.throws(() => encode(stockCodec, { at: at('never') }), /^TypeError: \$\.at is an invalid Date, /);
  });
});

describe('Buffers and texts', () => {
  for (const codec of [msgpackCodec, stockCodec]) {
    for (const size of [0, 1, 10, 100, 200, 5_000, 100_000]) {
      it(`of ${size} bytes decoded by ${codec.name} do not change when the frame is overwritten`, () => {
        const value = { buffer: Buffer.alloc(size, 1), text: 'x'.repeat(size), wide: '漢'.repeat(size) };
        const encoded = encode(codec, value);
        const chunk = Buffer.concat([Buffer.alloc(3), encoded]);
        const decoded = codec.decode(chunk, 3, chunk.length) as typeof value;
        chunk.fill(0xee);
        assert.deepEqual(decoded, value);
        decoded.buffer.fill(9);
        assert.ok(
          chunk.every((byte) => byte === 0xee),
          'nor the other way round',
        );
      });
    }
  }

  it('have memory of their own in msgpack, not a piece of a pool', () => {
    const { buffer } = roundTrip(msgpackCodec, Buffer.from('abc')) as Buffer;
    assert.equal(buffer.byteLength, 3);
  });
});

describe('an Error as a value', () => {
  for (const codec of [msgpackCodec, stockCodec]) {
    it(`arrives through ${codec.name} with name, message, code, cause and the fields that can travel`, () => {
      const cause = Object.assign(new RangeError('the cause'), { code: 'E_CAUSE' });
      const sent = Object.assign(new TypeError('the message', { cause }), {
        code: 7,
        extra: { travels: [1] },
        response: { f() {} },
      });
      const { list } = roundTrip(codec, { list: [sent] }) as { list: [Error & { code: unknown; extra?: unknown }] };
      const [got] = list;
      assert.ok(got instanceof Error);
      assert.deepEqual([got.name, got.message, got.code], ['TypeError', 'the message', 7]);
      assert.deepEqual([got.extra, 'response' in got], [{ travels: [1] }, false]);
      const gotCause = got.cause as Error & { code: unknown };
      assert.ok(gotCause instanceof Error);
      assert.deepEqual(
        [gotCause.name, gotCause.message, gotCause.code, gotCause.cause],
        ['RangeError', 'the cause', 'E_CAUSE', undefined],
      );
    });

    it(`arrives through ${codec.name} with the errors that it gathers`, () => {
      const sent = new AggregateError([new RangeError('first'), 'second'], 'two failed');
      const got = roundTrip(codec, sent) as AggregateError;
      assert.deepEqual([got.name, got.message], ['AggregateError', 'two failed']);
      assert.deepEqual([(got.errors[0] as Error).message, got.errors[1]], ['first', 'second']);
      if (codec === msgpackCodec) assert.ok(got instanceof AggregateError && got.errors[0] instanceof RangeError);
    });

    it(`takes no field of a name through ${codec.name} that would change how an error is treated`, () => {
      const fields = JSON.parse(
        '{"__proto__":{"x":1},"constructor":1,"toString":2,"then":3,"toJSON":4,"ok":5}',
      ) as object;
      const sent = new Error('m');
      for (const [name, value] of Object.entries(fields))
        Object.defineProperty(sent, name, { value, enumerable: true, configurable: true, writable: true });
      const got = roundTrip(codec, sent) as Error;
      assert.deepEqual([Object.getPrototypeOf(got), Object.keys(got)], [Error.prototype, ['ok']]);
    });

    it(`leaves its stack at home when it goes through ${codec.name}`, () => {
      const sent = new Error('secret place');
      const { stack = '' } = roundTrip(codec, sent) as Error;
      assert.ok(sent.stack?.includes('codecs.test'));
      assert.equal(stack, 'Error: secret place');
    });
  }

  it('is of the class that it was, where that is a built-in one, and else has its name', () => {
    for (const error of [
      new EvalError('m'),
      new RangeError('m'),
      new ReferenceError('m'),
      new SyntaxError('m'),
      new TypeError('m'),
      new URIError('m'),
    ]) {
      const got = roundTrip(msgpackCodec, error) as Error;
      assert.equal(Object.getPrototypeOf(got), Object.getPrototypeOf(error));
    }
    class Odd extends Error {
      override name = 'OddError';
    }
    const got = roundTrip(msgpackCodec, new Odd('m')) as Error;
    assert.equal(Object.getPrototypeOf(got), Error.prototype);
    assert.equal(String(got), 'OddError: m');
    assert.deepEqual(Object.keys(got), []);
  });

  for (const codec of [msgpackCodec, stockCodec]) {
    it(`goes through ${codec.name} without the fields that lead back to it, however many there are`, () => {
      const sent = Object.assign(new Error('m'), { kind: 'own' });
      for (let i = 0; i < 30; i++) Object.assign(sent, { [`self${i}`]: i % 2 === 0 ? sent : { within: [sent] } });
      const got = roundTrip(codec, sent) as Error;
      assert.equal(got.message, 'm');
      assert.deepEqual(Object.keys(got), ['kind']);
    });
  }

  it('carries Maps in its cause', () => {
    const got = roundTrip(msgpackCodec, new Error('m', { cause: { map: new Map([[1, 2]]) } })) as Error;
    assert.deepEqual(got.cause, { map: new Map([[1, 2]]) });
  });
});

describe('chooseCodec', () => {
  it("follows the caller's order", () => {
    assert.equal(chooseCodec(['msgpack', 'json']), msgpackCodec);
    assert.equal(chooseCodec(['json', 'msgpack']), jsonCodec);
    assert.equal(chooseCodec(['cbor', 'json']), jsonCodec);
  });

  it('chooses none where it knows none, nor anything inherited', () => {
    for (const names of [[], ['cbor'], ['serialize-json'], ['__proto__', 'constructor', 'toString', '']])
      assert.equal(chooseCodec(names), undefined);
  });

  it('knows every codec by its own name', () => {
    assert.deepEqual(
      CODEC_NAMES.map((name) => chooseCodec([name])?.name),
      CODEC_NAMES,
    );
    assert.equal(STOCK_CODEC, stockCodec);
  });
});
