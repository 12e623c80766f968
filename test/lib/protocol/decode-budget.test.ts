import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decodeList, encodeList } from '../../../lib/protocol/argument-list.js';
import type { Codec } from '../../../lib/protocol/codec.js';
import { DecodeBudget, MAX_HASHED_KEYS, withoutStacks } from '../../../lib/protocol/decode-budget.js';
import { FrameWriter } from '../../../lib/protocol/frame-writer.js';
import { msgpackCodec } from '../../../lib/protocol/msgpack-codec.js';
import { DEFAULT_MAX_FRAME_BYTES, HEADER_BYTES } from '../../../lib/protocol/packet.js';
import { stockCodec } from '../../../lib/protocol/stock-codec.js';
import { encode, roundTrip, takeAll } from './support.js';

/** Twice to ten times the time that an attempt takes. Unit: ms */
const MAX_MS = 500;
/** Number of attempts, of which the fastest counts: other work on the machine makes an attempt slower, never faster. */
const ATTEMPTS = 5;
const TOO_MANY_KEYS = /more than 4096 numbers and bigints as Map keys and Set items in one call or answer/;
const TOO_MUCH_MEMORY = /^RangeError: the values of a frame would take far more memory than its bytes/;

function assertFast(what: string, attempt: () => void): void {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < ATTEMPTS && best >= MAX_MS; i++) {
    const startedAt = performance.now();
    const cpu = process.cpuUsage();
    attempt();
    // Waiting for a core makes the time longer, and garbage collection on other cores makes the CPU time longer.
    const { user, system } = process.cpuUsage(cpu);
    best = Math.min(best, performance.now() - startedAt, (user + system) / 1_000);
  }
  assert.ok(best < MAX_MS, `${what} took ${best} ms`);
}

function refuses(what: string, codec: Codec, bytes: Buffer, message: RegExp): void {
  it(what, () => {
    assertFast(what, () => assert.throws(() => codec.decode(bytes, 0, bytes.length), message));
    assert.equal(roundTrip(codec, 'and goes on'), 'and goes on');
  });
}

/** An array of the part again and again: a little more than the budget of a frame of this size allows. */
function tooMany(hex: string, frameBytes = 700_000): Buffer {
  const part = Buffer.from(hex, 'hex');
  const count = Math.floor(frameBytes / part.length);
  return Buffer.concat([arrayHeader(count), Buffer.alloc(count * part.length, part)]);
}

function tooManyStock(part: string, frameBytes: number): Buffer {
  return Buffer.from(`^^^^@${part.repeat(Math.floor(frameBytes / part.length))}]`);
}

function arrayHeader(length: number): Buffer {
  const header = Buffer.from([0xdd, 0, 0, 0, 0]);
  header.writeUInt32BE(length, 1);
  return header;
}

/** Bigints that differ only above their lowest 64 bits, which is all that V8 hashes. */
function collidingBigints(count: number): bigint[] {
  return Array.from({ length: count }, (_, i) => (BigInt(i + 1) << 64n) | 1n);
}

const range = (length: number): number[] => Array.from({ length }, (_, i) => i);

/** The items as msgpack has them, behind one byte and the tag. */
function tagged(tag: string, items: readonly unknown[]): Buffer {
  return Buffer.concat([Buffer.from(`d4${tag}00`, 'hex'), encode(msgpackCodec, items)]);
}

/** The body of a call with these arguments. */
function bodyOf(codec: Codec, items: readonly unknown[]): Buffer {
  const writer = new FrameWriter(2 ** 30);
  writer.begin(0, 1, 0, new Uint8Array(0));
  encodeList(writer, codec, items, 'args');
  writer.commit();
  return takeAll(writer).subarray(HEADER_BYTES);
}

function lengthPrefixed(items: readonly Buffer[]): Buffer {
  return Buffer.concat(
    items.flatMap((item) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(item.length);
      return [length, item];
    }),
  );
}

describe('Keys that can be chosen to be slow', () => {
  const many = collidingBigints(4_200);
  refuses('are refused in a Set', msgpackCodec, tagged('73', many), TOO_MANY_KEYS);
  refuses(
    'are refused in a Map',
    msgpackCodec,
    tagged(
      '4d',
      many.map((key) => [key, 1]),
    ),
    TOO_MANY_KEYS,
  );
  refuses('are refused as plain numbers', msgpackCodec, tagged('73', range(5_000)), TOO_MANY_KEYS);
  refuses(
    'are refused as fractions',
    msgpackCodec,
    tagged(
      '73',
      range(5_000).map((n) => n + 0.5),
    ),
    TOO_MANY_KEYS,
  );

  it('are refused in many Sets and Maps of one value, which have few each', () => {
    const one = [
      tagged('73', collidingBigints(20)),
      tagged(
        '4d',
        collidingBigints(20).map((key) => [key, 1]),
      ),
    ];
    const count = 300;
    const bytes = Buffer.concat([arrayHeader(count), ...range(count).map((i) => one[i % 2] as Buffer)]);
    assertFast('decoding', () => assert.throws(() => msgpackCodec.decode(bytes, 0, bytes.length), TOO_MANY_KEYS));
  });

  it('are refused in many arguments of one call, which have few each', () => {
    const one = tagged('73', collidingBigints(4_000));
    const body = lengthPrefixed(range(2).map(() => one));
    assertFast('decoding', () => assert.throws(() => decodeList(msgpackCodec, body, 0, body.length, 2), TOO_MANY_KEYS));
  });

  it('take no longer than is bearable when there are just few enough', () => {
    const bytes = tagged('73', collidingBigints(MAX_HASHED_KEYS));
    assertFast('decoding', () => assert.equal((msgpackCodec.decode(bytes, 0, bytes.length) as Set<bigint>).size, 4096));
  });

  it('are limited for each frame anew', () => {
    const body = bodyOf(msgpackCodec, [new Set(range(4_000))]);
    for (let i = 0; i < 3; i++) assert.equal(decodeList(msgpackCodec, body, 0, body.length, 1).length, 1);
    assert.throws(() => decodeList(msgpackCodec, tagged('73', range(5_000)), 0, 9, 1));
    assert.equal(decodeList(msgpackCodec, body, 0, body.length, 1).length, 1);
  });

  describe('are refused by the encoder, too,', () => {
    const most = range(MAX_HASHED_KEYS);
    const refused: readonly (readonly [name: string, value: unknown, path: string])[] = [
      ['in a Set', { ids: new Set(range(4_097)) }, '$.ids'],
      ['in a Set of bigints', new Set(collidingBigints(4_097)), '$'],
      ['in a Map', [1, new Map(range(4_097).map((n) => [n, 'x']))], '$[1]'],
      ['in two Sets', [new Set(most), new Set(['a', 1])], '$[1]'],
      ['in a Set and a Map', [new Set(most), { map: new Map([[1, 1]]) }], '$[1].map'],
      ['in the Set of a class of its own', [new (class extends Set<number> {})(range(4_097))], '$[0]'],
      ['in a Set within a Map', new Map([['a', new Set(range(4_097))]]), '$<value 0>'],
      ['in a Set next to a Map', [new Map(), new Set(range(4_097))], '$[1]'],
    ];
    for (const [name, value, path] of refused) {
      it(`${name}, with its path`, () => {
        assert.throws(
          () => encode(msgpackCodec, value),
          (error: Error) => {
            assert.equal(error.name, 'RangeError');
            assert.match(error.message, TOO_MANY_KEYS);
            assert.ok(error.message.startsWith(`${path} makes `), error.message);
            return true;
          },
        );
        assert.deepEqual(roundTrip(msgpackCodec, new Set([1])), new Set([1]));
      });
    }

    it('in the arguments of one call together', () => {
      for (const half of [new Set(range(2_049)), new Map(range(2_049).map((n) => [n, n]))]) {
        assert.throws(() => bodyOf(msgpackCodec, [half, 'and', half]), TOO_MANY_KEYS);
        assert.equal(bodyOf(msgpackCodec, [half, 'and']).length > 0, true);
      }
    });

    it('exactly where the decoder refuses them', () => {
      const items = [new Set(range(2_000)), new Map(range(2_096).map((n) => [n, n])), new Set(['a', null, {}, true])];
      const body = bodyOf(msgpackCodec, items);
      assert.deepEqual(decodeList(msgpackCodec, body, 0, body.length, 3), items);
      assert.throws(() => bodyOf(msgpackCodec, [...items, new Set([0])]), TOO_MANY_KEYS);
      const oneMore = Buffer.concat([body, lengthPrefixed([tagged('73', [0])])]);
      assert.throws(() => decodeList(msgpackCodec, oneMore, 0, oneMore.length, 4), TOO_MANY_KEYS);
    });

    it('but not in the next call', () => {
      const writer = new FrameWriter(2 ** 20);
      for (let id = 1; id <= 3; id++) {
        writer.begin(0, id, 0, new Uint8Array(0));
        encodeList(writer, msgpackCodec, [new Set(range(4_000))]);
        writer.commit();
      }
      assert.ok(writer.pendingBytes > 3 * 4_000);
    });

    it('but not those of the call that a toJSON makes in between', () => {
      const inner = { toJSON: () => encode(msgpackCodec, new Set(range(4_000))).length };
      class Calls {
        toJSON(): number {
          return inner.toJSON();
        }
      }
      const value = [new Set(range(4_000)), new Calls(), new Set(range(96))];
      assert.deepEqual((roundTrip(msgpackCodec, value) as unknown[])[2], new Set(range(96)));
    });
  });
});

describe('A frame of values that take far more memory than their bytes', () => {
  const hostile: readonly (readonly [name: string, hex: string])[] = [
    ['empty objects', '80'],
    ['empty arrays', '90'],
    ['empty Buffers', 'c400'],
    ['empty typed arrays', 'c7017400'],
    ['empty ArrayBuffers', 'c7017410'],
    ['empty Sets', 'd4730090'],
    ['empty Maps', 'd44d0090'],
    ['empty Errors', 'd4450092a0a0'],
    ['invalid Dates', 'd4ff00'],
    ['bigints of one byte', 'd44207'],
  ];
  for (const [name, hex] of hostile) refuses(`is refused: ${name}`, msgpackCodec, tooMany(hex), TOO_MUCH_MEMORY);

  it('is refused, too, when they are spread over many arguments', () => {
    const one = Buffer.concat([arrayHeader(1_000), Buffer.alloc(2_000, Buffer.from('c400', 'hex'))]);
    const body = lengthPrefixed(range(50).map(() => one));
    assertFast('decoding', () =>
      assert.throws(() => decodeList(msgpackCodec, body, 0, body.length, 50), TOO_MUCH_MEMORY),
    );
  });

  const stock: readonly (readonly [name: string, bytes: Buffer])[] = [
    ['Errors, whose stacks would take seconds to find', tooManyStock('#]|', 100_000)],
    ['Errors without anything in between', tooManyStock('#]', 60_000)],
    ['Buffers', tooManyStock('*]|', 150_000)],
    ['objects', tooManyStock('$]', 350_000)],
    ['arrays', tooManyStock('@]', 900_000)],
    ['empty texts in the dictionary', Buffer.from(`${'|'.repeat(1_200_000)}^^^^-1`)],
    ['Dates in the dictionary', Buffer.from(`^^^${'1|'.repeat(70_000)}1^-1`)],
  ];
  for (const [name, bytes] of stock)
    refuses(`is refused from a stock peer: ${name}`, stockCodec, bytes, TOO_MUCH_MEMORY);

  it('is refused from a stock peer, too, when they are spread over many arguments', () => {
    const one = Buffer.from(`^^^^@${'*]'.repeat(1_000)}]`);
    const body = lengthPrefixed(range(50).map(() => one));
    assertFast('decoding', () =>
      assert.throws(() => decodeList(stockCodec, body, 0, body.length, 50), TOO_MUCH_MEMORY),
    );
  });
});

describe('Large values of a use arrive', () => {
  const rows = range(100_000).map((i) => ({ id: i, ok: true }));
  const values: readonly (readonly [name: string, codecs: readonly Codec[], value: unknown])[] = [
    ['a Set of 100,000 texts', [msgpackCodec], new Set(range(100_000).map((i) => `item ${i}`))],
    ['a Map of 100,000 texts', [msgpackCodec], new Map(range(100_000).map((i) => [`key ${i}`, i]))],
    ['a Set of 20,000 objects', [msgpackCodec], new Set(range(20_000).map((i) => ({ i })))],
    ['a Map of 2,000 integers', [msgpackCodec], new Map(range(2_000).map((i) => [i, { i }]))],
    ['100,000 small objects', [msgpackCodec, stockCodec], rows],
    ['100,000 pairs of numbers', [msgpackCodec, stockCodec], range(100_000).map((i) => [i % 100, 1])],
    ['100,000 empty arrays and objects', [msgpackCodec, stockCodec], range(50_000).flatMap(() => [[], {}])],
    ['10,000 Buffers of 100 bytes', [msgpackCodec], range(10_000).map((i) => Buffer.alloc(100, i))],
    ['1,000 Buffers of 100 bytes', [stockCodec], range(1_000).map((i) => Buffer.alloc(100, i))],
    ['50,000 Buffers of 12 bytes', [msgpackCodec], range(50_000).map((i) => Buffer.alloc(12, i))],
    ['20,000 typed arrays of three numbers', [msgpackCodec], range(20_000).map((i) => new Float64Array([i, 1, 2]))],
    ['10,000 Dates', [msgpackCodec, stockCodec], range(10_000).map((i) => new Date(1_700_000_000_000 + i))],
    ['10,000 Errors', [msgpackCodec, stockCodec], range(10_000).map((i) => new TypeError(`message ${i}`))],
    ['100,000 different keys', [msgpackCodec], Object.fromEntries(range(100_000).map((i) => [`k${i}`, i]))],
    ['4,000,000 small numbers', [msgpackCodec], new Array(4_000_000).fill(7)],
  ];
  for (const [name, codecs, value] of values) {
    for (const codec of codecs) {
      it(`${name}, through ${codec.name}`, () => {
        const bytes = encode(codec, value);
        assert.ok(bytes.length < DEFAULT_MAX_FRAME_BYTES || codec === stockCodec, `${bytes.length} bytes`);
        const got = codec.decode(bytes, 0, bytes.length) as object;
        assert.equal(Object.getPrototypeOf(got), Object.getPrototypeOf(value));
        assert.deepEqual(firstOf(got), firstOf(value));
        assert.equal(sizeOf(got), sizeOf(value));
      });
    }
  }
});

/** The whole of such values would take `deepEqual` seconds. */
function firstOf(value: unknown): unknown {
  const parts = value instanceof Map || value instanceof Set ? [...value] : Object.values(value as object);
  return parts.slice(0, 100).map((part) => (part instanceof Error ? part.message : part));
}

function sizeOf(value: unknown): number {
  return value instanceof Map || value instanceof Set ? value.size : Object.keys(value as object).length;
}

describe('DecodeBudget', () => {
  it('is charged for arrays by their length, and for keys when they are new', () => {
    const budget = new DecodeBudget(100);
    const charged = (value: unknown): number => {
      const before = budget.memory;
      const bytes = encode(msgpackCodec, value);
      msgpackCodec.decode(bytes, 0, bytes.length, budget);
      return before - budget.memory;
    };
    assert.equal(charged([1, 2, 3]) - charged([]), 3 * 8);
    assert.equal(charged({ 'not met yet': 1 }) - charged({ 'not met yet': 1 }), 64);
  });

  it('is as new after it was renewed', () => {
    const budget = new DecodeBudget(100);
    budget.memory = 0;
    budget.hashedKeys = 0;
    budget.reset(100);
    assert.deepEqual(budget, new DecodeBudget(100));
  });

  it('grows with the frame', () => {
    assert.equal(new DecodeBudget(1_000).memory - new DecodeBudget(0).memory, 16_000);
  });
});

describe('withoutStacks', () => {
  it('gives Errors no stack, and those after it theirs, also when it failed', () => {
    assert.equal(withoutStacks(() => new Error('e')).stack, 'Error: e');
    assert.throws(() =>
      withoutStacks(() => {
        throw new Error('failed');
      }),
    );
    assert.match(String(new Error('after').stack), / {4}at /);
  });
});
