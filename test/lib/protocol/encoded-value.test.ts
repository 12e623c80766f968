import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Codec } from '../../../lib/protocol/codec.js';
import { chooseCodec, STOCK_CODEC } from '../../../lib/protocol/codecs.js';
import { EncodedValue } from '../../../lib/protocol/encoded-value.js';

const MSGPACK = chooseCodec(['msgpack']) as Codec;
const JSON_CODEC = chooseCodec(['json']) as Codec;

/** A codec that says how often it has encoded. */
function counting(codec: Codec) {
  let encoded = 0;
  const counted: Codec = {
    name: codec.name,
    encode: (value, out) => {
      encoded += 1;
      codec.encode(value, out);
    },
    decode: (...args) => codec.decode(...args),
  };
  return { codec: counted, encoded: () => encoded };
}

describe('EncodedValue', () => {
  const VALUES = [null, 0, '', 'äöü', [1, { a: [2] }], { host: 'a'.repeat(10_000), list: Array(500).fill('x') }];

  it('is the value again, in every codec', () => {
    for (const codec of [MSGPACK, JSON_CODEC, STOCK_CODEC])
      for (const value of VALUES) assert.deepEqual(EncodedValue.of(value, codec).decode(), value);
  });

  it('gives each reader a copy', () => {
    const given = { list: [1] };
    const value = EncodedValue.of(given, MSGPACK);
    given.list.push(2);
    const first = value.decode() as typeof given;
    first.list.push(3);
    assert.deepEqual(value.decode(), { list: [1] });
  });

  it('is encoded once for each codec that its readers want', () => {
    const msgpack = counting(MSGPACK);
    const json = counting(JSON_CODEC);
    const value = EncodedValue.of({ a: 1 }, msgpack.codec);
    assert.equal(value.in(msgpack.codec), value.in(msgpack.codec));
    const bytes = value.in(json.codec);
    assert.equal(value.in(json.codec), bytes);
    assert.equal(bytes.toString(), '{"a":1}');
    assert.deepEqual([msgpack.encoded(), json.encoded()], [1, 1]);
  });

  it('is undefined where there are no bytes', () => {
    assert.equal(new EncodedValue(STOCK_CODEC, Buffer.alloc(0)).decode(), undefined);
  });

  it('carries undefined', () => {
    for (const codec of [MSGPACK, JSON_CODEC, STOCK_CODEC]) {
      const value = EncodedValue.of(undefined, codec);
      assert.equal(value.decode() ?? undefined, undefined);
    }
  });

  it('throws what the codec throws, of a value and of bytes', () => {
    assert.throws(() => EncodedValue.of({ f() {} }, MSGPACK));
    assert.throws(() => new EncodedValue(JSON_CODEC, Buffer.from('{')).decode());
  });
});
