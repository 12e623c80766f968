import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compareOutputs } from './compare.js';

const ROW = { line: 'a Date', original: /String/, ours: /Date\]/, why: 'a Date arrives as a Date' };

describe('the comparison of two outputs', () => {
  it('accepts equal lines, and a line that differs as its row says', () => {
    const [original, ours] = ['sum: 5\na Date: [String]\n', 'sum: 5\na Date: [Date]\n'];
    assert.deepEqual(compareOutputs(original, ours, [ROW]), []);
  });

  it('complains about a line that differs without a row, or in another way than its row', () => {
    const complaints = compareOutputs('sum: 5\na Date: [String]', 'sum: 6\na Date: [Map]', [ROW]);
    assert.deepEqual(complaints, [
      'line 1\n  original: sum: 5\n  ours:     sum: 6',
      'line 2\n  original: a Date: [String]\n  ours:     a Date: [Map]',
      '"a Date" is in the table and does not differ',
    ]);
  });

  it('complains about a line that one output does not have', () => {
    assert.deepEqual(compareOutputs('sum: 5\nrest: 1', 'sum: 5', []), [
      'line 2\n  original: rest: 1\n  ours:     (no line)',
    ]);
  });

  it('complains about a row that no line needs any more', () => {
    assert.deepEqual(compareOutputs('sum: 5', 'sum: 5', [ROW]), ['"a Date" is in the table and does not differ']);
  });
});
