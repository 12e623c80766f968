import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { runInNewContext } from 'node:vm';
import { jsonText, toJsonOf } from '../../lib/json-text.js';

const PATCHED = [Object, Array, String, Number, Date, Map, Error].map(({ prototype }) => prototype as object);
const ofDates = Object.getOwnPropertyDescriptor(Date.prototype, 'toJSON') as PropertyDescriptor;

function patch(prototypes: readonly object[], toJSON: () => unknown): void {
  for (const prototype of prototypes)
    Object.defineProperty(prototype, 'toJSON', { value: toJSON, configurable: true, writable: true });
}

class Money {
  readonly cents = 5;
  toJSON(key: string): unknown {
    return { cents: this.cents, key };
  }
}

const VALUES: Readonly<Record<string, unknown>> = {
  texts: ['', 'a"b\\c\n\u0001\u007f', 'é 漢 😀', 'half \ud83d', '\udc00 half', '\ud83d\ud83d\ude00'],
  numbers: [0, -0, 1.5, 1e300, 1e-7, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY],
  others: [true, false, null, undefined, () => 1, Symbol('s')],
  boxed: [Object(1), Object('a'), Object(false)],
  nested: { a: [{ b: { '"': [] } }], c: {}, d: undefined, [Symbol('s')]: 1, e: [undefined, 1] },
  date: { at: new Date(5), bad: new Date(Number.NaN) },
  classes: { money: new Money(), url: new URL('http://localhost/x'), map: new Map([[1, 2]]), error: new Error('no') },
  own: { a: 1, toJSON: () => 'own' },
  notAFunction: { a: 1, toJSON: 5 },
};

describe('jsonText', () => {
  afterEach(() => {
    for (const prototype of PATCHED) delete (prototype as { toJSON?: unknown }).toJSON;
    Object.defineProperty(Date.prototype, 'toJSON', ofDates);
  });

  for (const [name, value] of Object.entries(VALUES)) {
    it(`writes ${name} as JSON.stringify, whatever other packages add to prototypes`, () => {
      const expected = JSON.stringify(value);
      assert.equal(jsonText(value), expected);
      patch(PATCHED, () => assert.fail('was called'));
      assert.equal(jsonText(value), expected);
      for (const each of Object.values(value as object)) {
        const text = jsonText(each);
        afterPatch(() => assert.equal(text, JSON.stringify(each)));
      }
    });
  }

  function afterPatch(check: () => void): void {
    for (const prototype of PATCHED) delete (prototype as { toJSON?: unknown }).toJSON;
    Object.defineProperty(Date.prototype, 'toJSON', ofDates);
    check();
    patch(PATCHED, () => assert.fail('was called'));
  }

  it('passes a replacer what JSON.stringify passes', () => {
    const seen: unknown[] = [];
    const replacer = function (this: unknown, key: string, value: unknown): unknown {
      seen.push([this, key]);
      return value === 2 ? undefined : value;
    };
    const value = { a: [1, 2], b: { c: 2, d: 3 } };
    const expected = jsonText(value, replacer);
    const passed = seen.splice(0);
    patch([Array.prototype], () => 'patched');
    assert.equal(jsonText(value, replacer), expected);
    assert.deepEqual(seen, passed);
  });

  it('refuses cycles and bigints in a patched process too', () => {
    const cycle: unknown[] = [];
    cycle.push({ cycle });
    patch([Object.prototype], () => 'patched');
    assert.throws(() => jsonText(cycle), { name: 'TypeError', message: 'JSON does not carry a cycle' });
    assert.throws(() => jsonText({ a: 1n }), { name: 'TypeError', message: 'JSON does not carry a bigint' });
  });

  it('writes the form that a program gave bigints', () => {
    patch([BigInt.prototype, Array.prototype], () => 'big');
    try {
      assert.equal(jsonText({ a: 1n }), '{"a":"big"}');
    } finally {
      delete (BigInt.prototype as { toJSON?: unknown }).toJSON;
    }
  });

  it('finds the toJSON of a value and of its class, and none that was added to a class of the language', () => {
    patch(PATCHED, () => 'patched');
    assert.equal(toJsonOf({}), undefined);
    assert.equal(toJsonOf([]), undefined);
    assert.equal(toJsonOf(new (class Plain {})()), undefined);
    assert.equal(toJsonOf(new Money()), Money.prototype.toJSON);
    assert.equal(typeof toJsonOf(runInNewContext('new Date(0)') as object), 'function');
    const elsewhere = runInNewContext('Object.prototype.toJSON = () => 1; ({ a: {} })') as object;
    assert.equal(toJsonOf(elsewhere), undefined);
  });
});
