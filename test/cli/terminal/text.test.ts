import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cut, fit, widthOf } from '../../../cli/terminal/text.js';

describe('texts in a terminal', () => {
  it('take the columns that a terminal gives to wide and combining characters', () => {
    assert.deepEqual(['abc', '日本', 'e\u0301', '🎈', ''].map(widthOf), [3, 4, 1, 2, 0]);
  });

  it('are cut at a whole character, and never wider than asked', () => {
    assert.deepEqual(
      [10, 5, 3, 1, 0].map((width) => cut('namespace', width)),
      ['namespace', 'name…', 'na…', '…', ''],
    );
    assert.equal(cut('日本語', 5), '日本…');
    assert.equal(cut('日本語', 4), '日…'); // half of a wide character is none
    assert.equal(cut('e\u0301e\u0301e\u0301', 2), 'e\u0301…');
  });

  it('fill a column exactly', () => {
    for (const text of ['', 'ab', 'abcdef', '日本語', '🎈🎈'])
      for (const width of [1, 2, 3, 4, 5, 6]) {
        assert.equal(widthOf(fit(text, width)), width, `${text} in ${width}`);
        assert.equal(widthOf(fit(text, width, 'right')), width, `${text} at the right of ${width}`);
      }
    assert.equal(fit('ab', 4, 'right'), '  ab');
  });
});
