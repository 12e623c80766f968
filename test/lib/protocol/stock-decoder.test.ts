import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { stockCodec } from '../../../lib/protocol/stock-codec.js';
import { decode } from './support.js';

const read = (text: string): unknown => decode(stockCodec, Buffer.from(text));

describe('decodeStock', () => {
  describe('reads', () => {
    const vectors: readonly (readonly [text: string, value: unknown])[] = [
      ['^^^^-1', true],
      ['^^^^-5', undefined],
      ['a+b%2B%7C%5E%25^^^^0', 'a b+|^%'],
      ['größer als dreizehn Zeichen^^^^0', 'größer als dreizehn Zeichen'],
      ['^-A|Z^^^@0|1]', [-10, 35]],
      ['^^0.5|-Infinity^^@0|1]', [0.5, Number.NEGATIVE_INFINITY]],
      ['^^^-1|RS^@0|1]', [new Date(-1), new Date(1_000)]],
      ['a|b^1^0.5^2^$0|2|1|@3|4]]', { a: 1, b: [0.5, new Date(2)] }],
      ['^0|73^^^*0|1]', Buffer.from([0, 255])],
      ['^^^^@@]$]*]|@-3|-4]]', [[], {}, Buffer.alloc(0), [null, '']]],
      [`${'a|'.repeat(40)}last^^^^@Z|14]`, ['a', 'last']],
    ];
    for (const [text, value] of vectors) it(text, () => assert.deepEqual(read(text), value));

    it('an Error, with all its fields, and no stack of its own', () => {
      const error = read('message|why|code|E^^^^#0|1|2|3]') as Error & { code: string };
      assert.ok(error instanceof Error);
      assert.deepEqual([error.message, error.code, error.stack], ['why', 'E', 'Error: why']);
    });
  });

  describe('refuses', () => {
    const refused: readonly (readonly [name: string, text: string, message: RegExp])[] = [
      ['no value', '^^^^', /ends early/],
      ['no dictionary', '-1', /ends within its dictionary/],
      ['a value that goes on', '^^^^-1|-1', /3 bytes are left over/],
      ['a sixth section', '^^^^-1^', /1 bytes are left over/],
      ['an array without an end', 'a^^^^@0', /ends early/],
      ['an object without an end', 'a^^^^$0', /ends early/],
      ['an object whose last item is missing', 'a^^^^$0]', /neither in its dictionary/],
      ['a Buffer without an end', '^1^^^*0', /ends early/],
      ['an Error without an end', 'a^^^^#0|-1', /ends early/],
      ['an entry that is not there', 'a^^^^1', /neither in its dictionary/],
      ['a constant that is not there', '^^^^-6', /neither in its dictionary/],
      ['the constant before the first', 'a^^^^-0', /neither in its dictionary/],
      ['a minus and nothing', '^^^^-', /neither in its dictionary/],
      ['an end without a beginning', '^^^^]', /neither in its dictionary/],
      ['a number for a key', '^1^^^$0|0]', /key of an object is of type number/],
      ['an array for a key, whose text may be long', 'x^^^^$@0|0]|-1]', /neither in its dictionary/],
      ['a text in a Buffer', 'x^^^^*0]', /string for a byte/],
      ['an array in a Buffer', '^^^^*@]]', /neither in its dictionary/],
    ];
    for (const [name, text, message] of refused) it(name, () => assert.throws(() => read(text), message));
  });

  it('leaves out the key __proto__', () => {
    const value = read('a|__proto__^^^^$1|$]|0|-1]') as object;
    assert.deepEqual(Object.entries(value), [['a', true]]);
    assert.equal(Object.getPrototypeOf(value), Object.prototype);
  });

  it('makes no text of what an Error has for a message', () => {
    const text = 'x'.repeat(1_000);
    const bytes = Buffer.from(`message|${text}^^^^@${'#0|@1|1]]'.repeat(10)}]`);
    const errors = decode(stockCodec, bytes) as Error[];
    assert.deepEqual(errors[0]?.message, [text, text]);
  });
});
