import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { boolean, integer, nonEmptyString, oneOf, timeoutMs } from '../../lib/options.js';

/** What an option's check says to a value. */
function complaint(check: () => unknown): string {
  try {
    check();
  } catch (error) {
    const { code, message } = error as { code: string; message: string };
    assert.equal(code, 'ERR_RPC_INVALID_ARGUMENT');
    return message;
  }
  return '';
}

describe('integer', () => {
  it('takes what is in range, the ends included, and the fallback for undefined', () => {
    assert.equal(integer('n', 0, 5, 0, 10), 0);
    assert.equal(integer('n', 10, 5, 0, 10), 10);
    assert.equal(integer('n', undefined, 5, 0, 10), 5);
  });

  for (const value of [-1, 11, 1.5, Number.NaN, Infinity, '5', null, true, {}, [], 5n, () => 5, Symbol('s')]) {
    it(`refuses ${typeof value === 'symbol' ? 'a symbol' : `${typeof value} ${String(value)}`}, and names the option and its range`, () => {
      assert.match(
        complaint(() => integer('n', value, 5, 0, 10)),
        /^n must be an integer from 0 to 10, got /,
      );
    });
  }

  it('says what it got', () => {
    assert.match(
      complaint(() => integer('n', '5', 5, 0)),
      /got "5"$/,
    );
    assert.match(
      complaint(() => integer('n', { a: 1 }, 5, 0)),
      /got \{ a: 1 \}$/,
    );
    assert.match(
      complaint(() => integer('n', null, 5, 0)),
      /got null$/,
    );
  });

  it('can say what it got when that cannot be printed as JSON', () => {
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;
    for (const value of [cycle, { big: 1n }, Object.create(null)]) {
      assert.match(
        complaint(() => integer('n', value, 5, 0)),
        /^n must be an integer/,
      );
    }
  });
});

describe('timeoutMs', () => {
  it('takes 1 ms to the longest that a timer can wait', () => {
    assert.equal(timeoutMs('timeout', 1, 5), 1);
    assert.equal(timeoutMs('timeout', 2 ** 31 - 1, 5), 2 ** 31 - 1);
    for (const value of [0, 2 ** 31, -5])
      assert.match(
        complaint(() => timeoutMs('timeout', value, 5)),
        /^timeout must/,
      );
  });
});

describe('boolean', () => {
  it('takes true, false and nothing', () => {
    assert.deepEqual(
      [boolean('b', true, false), boolean('b', false, true), boolean('b', undefined, true)],
      [true, false, true],
    );
    for (const value of [0, 1, 'true', null, {}])
      assert.match(
        complaint(() => boolean('b', value, true)),
        /^b must be true or false/,
      );
  });
});

describe('oneOf', () => {
  it('takes what is listed, and lists it otherwise', () => {
    assert.equal(oneOf('o', 'a', 'b', ['a', 'b']), 'a');
    assert.equal(oneOf('o', undefined, 'b', ['a', 'b']), 'b');
    for (const value of ['c', '', null, 1, ['a'], 'toString']) {
      assert.match(
        complaint(() => oneOf('o', value, 'b', ['a', 'b'])),
        /^o must be one of a, b, got /,
      );
    }
  });
});

describe('nonEmptyString', () => {
  it('takes text', () => {
    assert.equal(nonEmptyString('s', 'x'), 'x');
    assert.equal(
      complaint(() => nonEmptyString('s', undefined)),
      's is missing: give a non-empty string',
    );
    for (const value of ['', null, 5, ['x'], new String('x')]) {
      assert.match(
        complaint(() => nonEmptyString('s', value)),
        /^s must be a non-empty string/,
      );
    }
  });
});
