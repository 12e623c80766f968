import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { printable, quoted, shown } from '../../lib/quoted.js';

describe('quoted', () => {
  it('is short, in quotes, and ASCII', () => {
    assert.equal(quoted('a\n"\u001b[2J é'), '"a\\n\\"\\u001b[2J \\u00e9"');
    assert.equal(quoted('x'.repeat(1_000)).length, 105);
  });
});

describe('shown', () => {
  it('has text in double quotes, and other values on one short line', () => {
    const values = ['a"b', 5, undefined, null, { a: 1 }, [1, 'b'], () => 5];
    assert.deepEqual(values.map(shown), [
      '"a\\"b"',
      '5',
      'undefined',
      'null',
      '{ a: 1 }',
      "[ 1, 'b' ]",
      '[Function (anonymous)]',
    ]);
    for (const long of [new Error('x'), Array.from({ length: 1_000 }, String)]) {
      assert.ok(shown(long).length <= 103);
      assert.doesNotMatch(shown(long), /\n/);
    }
  });

  it('runs no code of the value', () => {
    const rude = {
      [Symbol.for('nodejs.util.inspect.custom')]: () => assert.fail('was run'),
      toString: () => assert.fail('was run'),
    };
    shown(rude);
  });
});

describe('printable', () => {
  it('leaves what can be read as it is', () => {
    assert.equal(printable('nobody leads "a": é, 漢, 😀'), 'nobody leads "a": é, 漢, 😀');
  });

  it('shows what a terminal, or a reader of lines, would obey', () => {
    assert.equal(printable('a\r\n\t\u001b[2J\u007f\u009b'), 'a\\u000d\\u000a\\u0009\\u001b[2J\\u007f\\u009b');
    assert.equal(printable('\u2028\u2029\u202e\u{e0001}'), '\\u2028\\u2029\\u202e\\udb40\\udc01');
  });

  it('has an end', () => {
    assert.equal(printable('x'.repeat(60_000)).length, 1_003);
  });
});
