import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { unpack } from 'msgpackr';
import { msgpackCodec } from '../../lib/protocol/msgpack-codec.js';
import { readTrace, traceText } from '../../lib/protocol/trace-item.js';
import { encode, roundTrip } from '../lib/protocol/support.js';
import { listOf } from '../lib/transport/support.js';
import { CODECS, expectError } from './harmless.js';
import { fuzz, SEED } from './seeds.js';
import { plainValue, richValue } from './values.js';

describe(`the protocol, with FUZZ_SEED=${SEED}`, () => {
  const cleanPrototype = Object.getOwnPropertyNames(Object.prototype).join();

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

  fuzz('reads a damaged trace context as texts, or not at all', 3_000, (random) => {
    const fields = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', baggage: 'a=%20b;c' };
    const body = listOf(Buffer.from(traceText(fields) as string));
    const damaged = random.oneIn(10) ? random.bytes(random.below(60)) : random.damage(body);
    const read = readTrace(damaged as Buffer, 0, damaged.length);
    for (const [name, text] of Object.entries(read ?? {})) {
      assert.match(name, /^[!-~]{1,64}$/);
      assert.match(text, /^[\t -~]*$/);
    }
    if (read !== undefined) assert.equal(traceText(read) !== undefined, true, 'what was read can be sent on');
  });

  it('has left Object.prototype alone', () => {
    assert.equal(Object.getOwnPropertyNames(Object.prototype).join(), cleanPrototype);
  });
});
