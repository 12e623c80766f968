import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { describe, it } from 'node:test';
import { REPOSITORY } from '../support/loader-flags.js';

type Test = (value: unknown) => boolean;
type Needs = Readonly<Record<'array' | 'buffer' | 'date' | 'error', Test>> & {
  has(object: object, key: string): boolean;
};

const require = createRequire(`${REPOSITORY}scripts/build.mjs`);
const needs = require('./serialize-json-needs.cjs') as Needs;
const ofEncoder = createRequire(require.resolve('serialize-json/lib/encoder.js'));

const VALUES: readonly (readonly [string, unknown])[] = [
  ['an array', []],
  ['a buffer', Buffer.from('a')],
  ['bytes that are no buffer', new Uint8Array(1)],
  ['a date', new Date(0)],
  ['an error of a subclass', new (class extends RangeError {})('a')],
  ['an object', { message: 'a', stack: 'b' }],
  ['null', null],
  ['a text', 'a'],
];

describe('what stands in the bundle for the packages that serialize-json requires', () => {
  for (const [name, value] of VALUES) {
    it(`tells ${name} as they do`, () => {
      const is = ofEncoder('is-type-of') as Needs;
      for (const test of ['array', 'buffer', 'date', 'error'] as const)
        assert.equal(needs[test](value), is[test](value), test);
    });
  }

  it('finds the own keys of any object as they do', () => {
    const utility = ofEncoder('utility') as Needs;
    const bare = Object.assign(Object.create(null), { own: 1 });
    for (const object of [{ own: 1 }, bare, Object.create({ own: 1 }), ['a']])
      for (const key of ['own', '0', 'length', 'toString'])
        assert.equal(needs.has(object, key), utility.has(object, key), key);
  });
});
