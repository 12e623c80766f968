import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { describe, it } from 'node:test';
import { stockCodec } from '../../../lib/protocol/stock-codec.js';
import { decode, encode } from './support.js';

/** What a stock peer encodes and decodes with. */
const { encode: stockEncode, decode: stockDecode } = createRequire(import.meta.url)(
  'cluster-client/lib/default_transcode.js',
) as {
  encode(value: unknown): Buffer;
  decode(bytes: Buffer): unknown;
};

describe('stockCodec', () => {
  const values: readonly unknown[] = [
    ...[null, undefined, true, false, 0, -1, 35, 36, 1e15, -0.5, 1e-7, Number.NaN, Number.NEGATIVE_INFINITY],
    ...['', 'plain', 'a b+c|d^e%f%2B', 'ä漢😀', '-5', '^^^^', new Date(0), new Date(-1), new Date(1_700_000_000_123)],
    ...[Buffer.alloc(0), Buffer.from([0, 35, 36, 255]), [], [[], ['']], {}, { '': { a: [undefined, null] } }],
    { id: 7, name: 'a name', at: new Date(5), raw: Buffer.from('raw'), list: [1, 1, 'x', 'x', { y: 0.25 }] },
  ];
  for (const value of values) {
    it(`writes and reads the bytes of a stock peer: ${JSON.stringify(value)}`, () => {
      assert.equal(String(encode(stockCodec, value)), String(stockEncode(value)));
      assert.deepEqual(decode(stockCodec, stockEncode(value)), stockDecode(encode(stockCodec, value)));
    });
  }

  it('is understood by a stock peer where it writes something else: what toJSON returns, and Errors', () => {
    assert.equal(stockDecode(encode(stockCodec, new URL('http://localhost/'))), 'http://localhost/');
    const error = stockDecode(encode(stockCodec, Object.assign(new TypeError('why'), { code: 'E' }))) as Error & {
      code: string;
    };
    assert.ok(error instanceof Error);
    assert.deepEqual([error.name, error.message, error.code], ['TypeError', 'why', 'E']);
  });

  it("reads a stock peer's Errors, stack and fields included", () => {
    const sent = Object.assign(new Error('why'), { code: 'E', detail: { port: 1 } });
    const got = decode(stockCodec, stockEncode(sent)) as typeof sent;
    assert.deepEqual([got.message, got.stack, got.code, got.detail], ['why', sent.stack, 'E', { port: 1 }]);
  });

  it('carries all safe integers, and of the larger ones those that come back', () => {
    for (const value of [Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 2 ** 53, 2 ** 60]) {
      assert.equal(decode(stockCodec, encode(stockCodec, value)), value);
    }
    let carried = 0;
    for (let i = 0; i < 1_000; i++) {
      const value = 2 ** (53 + i / 20);
      const whole = Math.floor(value);
      try {
        assert.equal(decode(stockCodec, encode(stockCodec, whole)), whole);
        carried += 1;
      } catch (error) {
        assert.match(String(error), /TypeError: \$ is \d/);
      }
    }
    assert.ok(carried > 0);
  });

  it('throws on what cannot be a value, and takes no harm from what could be', () => {
    for (const text of ['', 'x', '^', '^^^', '|||'])
      assert.throws(() => decode(stockCodec, Buffer.from(text)), Error, text);
    for (const text of [
      '^^^^',
      '^^^^ZZZZ',
      '^^^^$',
      '^^^^$$$$',
      '^^^^*-1]',
      '^^^^#',
      '^^^^@@@',
      'a^b^c^d^e^f',
      '^^^^]]]',
      '^^^^0|0|0',
    ]) {
      try {
        decode(stockCodec, Buffer.from(text));
      } catch (error) {
        assert.ok(error instanceof Error);
      }
    }
    assert.throws(() => decode(stockCodec, Buffer.from(`^^^^${'@'.repeat(2_000)}`)), RangeError);
    assert.deepEqual(decode(stockCodec, stockEncode({ a: 1 })), { a: 1 });
  });
});
