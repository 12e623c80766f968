/**
 * Random bytes, damaged packets and random values, against everything that stands between a socket and a call:
 *
 *     FUZZ_SEED=12345 node --import tsx --test test/fuzz/protocol.fuzz.test.ts     the run that failed, again
 *     FUZZ_ROUNDS=50 … --test-timeout=600000                                       50 times as long
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { unpack } from 'msgpackr';
import { RpcError } from '../../lib/errors.js';
import { decodeList, encodeList } from '../../lib/protocol/argument-list.js';
import type { Codec } from '../../lib/protocol/codec.js';
import { FrameWriter } from '../../lib/protocol/frame-writer.js';
import { Framer } from '../../lib/protocol/framer.js';
import { HeadCache } from '../../lib/protocol/head-cache.js';
import { jsonCodec } from '../../lib/protocol/json-codec.js';
import { type Head, invokeHead } from '../../lib/protocol/message.js';
import { msgpackCodec } from '../../lib/protocol/msgpack-codec.js';
import type { FrameView } from '../../lib/protocol/packet.js';
import { stockCodec } from '../../lib/protocol/stock-codec.js';
import { encode, framesOf, roundTrip, takeAll } from '../lib/protocol/support.js';
import { bytesOf, VECTORS } from '../wire/vectors.js';
import { Random } from './random.js';

const SEED = Number(process.env['FUZZ_SEED'] ?? Math.floor(Math.random() * 2 ** 32));
const ROUNDS = Number(process.env['FUZZ_ROUNDS'] ?? 1);
/** No single input may take longer; the largest ones here are a few KiB. */
const MAX_MS = 1_000;
const MAX_FRAME_BYTES = 16 * 1024;
const CODECS: readonly Codec[] = [msgpackCodec, stockCodec, jsonCodec];
const VALID_PACKETS = VECTORS.map(bytesOf);

/** Runs `attempt` with a generator of its own each time, and says with which one it failed. */
function fuzz(what: string, times: number, attempt: (random: Random) => void): void {
  it(what, () => {
    for (let i = 0; i < times * ROUNDS; i++) {
      const startedAt = performance.now();
      try {
        attempt(new Random(SEED + i));
      } catch (error) {
        throw new Error(`FUZZ_SEED=${SEED} failed in attempt ${i}; FUZZ_SEED=${SEED + i} fails in the first`, {
          cause: error,
        });
      }
      const took = performance.now() - startedAt;
      assert.ok(took < MAX_MS, `FUZZ_SEED=${SEED + i} took ${took} ms`);
    }
  });
}

/** A value that JSON and both other codecs carry. */
function plainValue(random: Random, depth = 4): unknown {
  const kinds = depth === 0 ? 6 : 8;
  switch (random.below(kinds)) {
    case 0:
      return random.pick([null, true, false, 0, 1, -1, '']);
    case 1:
      return random.below(2 ** random.below(53)) * random.pick([1, -1]) + 0;
    case 2:
      return (random.below(2 ** 32) / 2 ** random.below(40)) * random.pick([1, -1]) + 0;
    case 3:
      return random.bytes(random.below(40)).toString('latin1');
    case 4:
      return 'a漢😀 +%|^^%2B'.repeat(random.below(20));
    case 5:
      return 'x'.repeat(random.below(random.pick([40, 300, 3_000])));
    case 6:
      return Array.from({ length: random.below(random.pick([4, 20])) }, () => plainValue(random, depth - 1));
    default:
      return Object.fromEntries(
        Array.from({ length: random.below(random.pick([4, 20])) }, () => [
          keyFor(random),
          plainValue(random, depth - 1),
        ]),
      );
  }
}

function keyFor(random: Random): string {
  const key = random.pick([
    'id',
    'name',
    'ключ',
    'a b',
    `k${random.below(1e6)}`,
    random.bytes(random.below(40)).toString('latin1'),
  ]);
  return key === '__proto__' ? 'proto' : key;
}

/** A value that only msgpack carries. */
function richValue(random: Random, depth = 4): unknown {
  if (depth === 0) return plainValue(random, 0);
  const part = (): unknown => richValue(random, depth - 1);
  const parts = (): unknown[] => Array.from({ length: random.below(5) }, part);
  switch (random.below(10)) {
    case 0:
      return new Map(parts().map((key) => [key, part()]));
    case 1:
      return new Set(parts());
    case 2:
      return new Date(random.below(2 ** 43) * random.pick([1, -1]));
    case 3:
      return random.bytes(random.below(random.pick([5, 300])));
    case 4:
      return BigInt(random.below(2 ** 32)) ** BigInt(random.below(8)) * random.pick([1n, -1n]);
    case 5:
      return random.pick([
        new Float64Array([random.below(9)]),
        new Uint16Array(random.below(9)),
        undefined,
        Number.NaN,
      ]);
    case 6:
      return parts();
    case 7:
      return Object.fromEntries(parts().map((value) => [keyFor(random), value]));
    default:
      return plainValue(random, 2);
  }
}

/** What an end does with a frame, whoever sent it. Only such failures may come out as are foreseen. */
function digest(heads: HeadCache, frame: FrameView): void {
  const head = expectRpcError(() => heads.decode(frame));
  const { bytes, bodyStart, end } = frame;
  for (const codec of CODECS) {
    expectError(() => codec.decode(bytes, bodyStart, end));
    if (head?.type === 'invoke') expectError(() => decodeList(codec, bytes, bodyStart, end, head.argLength));
    if (head?.type === 'invoke_result') expectError(() => decodeList(codec, bytes, bodyStart, end, head.results ?? 1));
  }
}

function expectRpcError(attempt: () => Head): Head | undefined {
  try {
    return attempt();
  } catch (error) {
    assert.ok(error instanceof RpcError, `not an RpcError: ${error}`);
    return undefined;
  }
}

/** Returns what came out, after making sure that it is made of nothing strange. */
function expectError(attempt: () => unknown): unknown {
  let value: unknown;
  try {
    value = attempt();
  } catch (error) {
    assert.ok(error instanceof Error, `not an Error: ${String(error)}`);
    return undefined;
  }
  expectHarmless(value);
  return value;
}

const KNOWN_PROTOTYPES: ReadonlySet<unknown> = new Set(
  [
    ...[
      Object,
      Array,
      Buffer,
      Map,
      Set,
      Date,
      ArrayBuffer,
      DataView,
      Int8Array,
      Uint8Array,
      Uint8ClampedArray,
      Int16Array,
    ],
    ...[Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array, BigInt64Array, BigUint64Array],
    ...[Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError],
  ].map(({ prototype }) => prototype),
);

function expectHarmless(value: unknown): void {
  assert.notEqual(typeof value, 'function');
  assert.notEqual(typeof value, 'symbol');
  if (typeof value !== 'object' || value === null) return;
  assert.ok(KNOWN_PROTOTYPES.has(Object.getPrototypeOf(value)), 'the prototype came from the wire');
  assert.equal(Object.hasOwn(value, '__proto__'), false);
  if (ArrayBuffer.isView(value)) return;
  if (value instanceof Map || value instanceof Set) for (const part of value) expectHarmless(part);
  for (const part of Object.values(value)) expectHarmless(part);
}

describe(`the protocol, with FUZZ_SEED=${SEED}`, () => {
  const cleanPrototype = Object.getOwnPropertyNames(Object.prototype).join();

  fuzz('finds all frames of a stream, however it is cut', 1_000, (random) => {
    const packets = Array.from({ length: 1 + random.below(20) }, () => random.pick(VALID_PACKETS));
    const whole = packets.flatMap((packet) => framesOf([packet]));
    assert.deepEqual(framesOf(random.cut(Buffer.concat(packets))), whole);
  });

  fuzz('takes a damaged stream apart, or says what is wrong with it', 6_000, (random) => {
    const packets = Array.from({ length: 1 + random.below(4) }, () => random.pick(VALID_PACKETS));
    const heads = new HeadCache();
    let received = 0;
    const framer = new Framer(MAX_FRAME_BYTES, (frame) => {
      assert.ok(frame.end - frame.headStart <= MAX_FRAME_BYTES);
      assert.ok(frame.headStart <= frame.bodyStart && frame.bodyStart <= frame.end && frame.end <= frame.bytes.length);
      received += 1;
      digest(heads, frame);
    });
    try {
      for (const chunk of random.cut(random.damage(Buffer.concat(packets)))) framer.push(chunk);
    } catch (error) {
      assert.ok(error instanceof RpcError, `not an RpcError: ${error}`);
      assert.equal(framer.isMidFrame, false);
    }
    assert.ok(received <= packets.length + 1);
  });

  fuzz('takes nothing but noise for noise', 2_000, (random) => {
    const heads = new HeadCache();
    const framer = new Framer(MAX_FRAME_BYTES, (frame) => digest(heads, frame));
    const noise = random.bytes(random.below(200));
    if (random.oneIn(2)) Buffer.from('01000000', 'hex').copy(noise); // so that some of it gets further
    try {
      for (const chunk of random.cut(noise)) framer.push(chunk);
    } catch (error) {
      assert.ok(error instanceof RpcError, `not an RpcError: ${error}`);
    }
  });

  fuzz('carries what all codecs carry', 600, (random) => {
    const value = plainValue(random);
    for (const codec of CODECS) assert.deepEqual(roundTrip(codec, value), value, codec.name);
    assert.deepEqual(unpack(encode(msgpackCodec, value)), value, "msgpackr's own decoder");
  });

  fuzz('carries what msgpack carries', 1_500, (random) => {
    const value = richValue(random);
    assert.deepEqual(roundTrip(msgpackCodec, value), value);
  });

  fuzz('refuses a value with one bad part, names the part, and goes on', 1_000, (random) => {
    const bad = random.pick([() => 1, Symbol('s'), /a+/g, Promise.resolve(), new WeakMap(), new SharedArrayBuffer(1)]);
    const value = { a: plainValue(random), b: [plainValue(random), { c: bad }], d: plainValue(random) };
    for (const codec of CODECS) assert.throws(() => encode(codec, value), /^TypeError: \$\.b\[1\]\.c is a/, codec.name);
    assert.throws(() => encode(msgpackCodec, new Map([[richValue(random), bad]])), /^TypeError: \$<value 0> is a/);
    assert.deepEqual(roundTrip(msgpackCodec, value.a), value.a);
  });

  for (const codec of CODECS) {
    fuzz(
      `decodes damaged ${codec.name} to something harmless, or throws`,
      codec === msgpackCodec ? 6_000 : 3_000,
      (random) => {
        const value = codec === msgpackCodec ? richValue(random, 3) : plainValue(random, 3);
        const damaged = random.oneIn(10) ? random.bytes(random.below(60)) : random.damage(encode(codec, value));
        expectError(() => codec.decode(damaged, 0, damaged.length));
      },
    );
  }

  fuzz('writes frames that it reads again, between failures and pauses', 300, (random) => {
    const writer = new FrameWriter(MAX_FRAME_BYTES * 8);
    const expected: unknown[][] = [];
    const chunks: Buffer[] = [];
    for (let i = 0; i < 30; i++) {
      const items = Array.from({ length: random.below(4) }, () => richValue(random, 2));
      const fails = random.oneIn(5);
      writer.begin(0, i + 1, 0, invokeHead('a.b.c', items.length, false, false));
      try {
        encodeList(writer, msgpackCodec, fails ? [...items, () => 1] : items, 'args');
        writer.commit();
        expected.push(items);
      } catch {
        assert.ok(fails);
        writer.rollback();
      }
      if (random.oneIn(4)) chunks.push(takeAll(writer));
      if (random.oneIn(6)) writer.recycle();
    }
    chunks.push(takeAll(writer));
    const frames = framesOf(random.cut(Buffer.concat(chunks)));
    const decoded = frames.map(({ body }, i) => {
      const bytes = Buffer.from(body, 'hex');
      return decodeList(msgpackCodec, bytes, 0, bytes.length, (expected[i] as unknown[]).length);
    });
    assert.deepEqual(decoded, expected);
  });

  it('has left Object.prototype alone', () => {
    assert.equal(Object.getOwnPropertyNames(Object.prototype).join(), cleanPrototype);
  });
});
