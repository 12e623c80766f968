import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { reignsOf, violations } from './history.js';

describe('the checker of elections', () => {
  it('reads the times in which a candidate led, without a line that was cut off', () => {
    const reigns = reignsOf('a', '1 7\n2 7\n3 -\n9 12\n10 12\n11 1');
    assert.deepEqual(
      reigns.map(({ from, to, revision }) => [from, to, revision]),
      [
        [1, 2, 7],
        [9, 10, 12],
      ],
    );
  });

  it('finds nothing where one Leader follows the other', () => {
    assert.deepEqual(violations([...reignsOf('b', '5 9\n6 9\n'), ...reignsOf('a', '1 7\n4 7\n')]), []);
  });

  it('finds two that lead together, also inside of a long time', () => {
    const long = reignsOf('a', '1 7\n100 7\n');
    assert.deepEqual(violations([...long, ...reignsOf('b', '5 9\n6 9\n'), ...reignsOf('c', '50 11\n51 11\n')]), [
      'b and a lead together for 1.0 ms',
      'c and a lead together for 1.0 ms',
    ]);
  });

  it('finds a term that does not rise', () => {
    assert.deepEqual(violations([...reignsOf('a', '1 9\n2 9\n'), ...reignsOf('b', '3 7\n')]), [
      'b leads in the term 7, after 9',
    ]);
  });
});
