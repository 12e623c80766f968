import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { quantile, spreadOf } from '../../bench/statistics.js';

describe('spreadOf', () => {
  it('takes the middle one of an odd number of values, in whatever order they come', () => {
    assert.deepEqual(spreadOf([30, 1, 200]), { median: 30, min: 1, max: 200 });
  });

  it('takes the mean of the middle two of an even number', () => {
    assert.deepEqual(spreadOf([4, 1, 3, 2]), { median: 2.5, min: 1, max: 4 });
  });

  it('leaves the given values in their order', () => {
    const values = [3, 1, 2];
    spreadOf(values);
    assert.deepEqual(values, [3, 1, 2]);
  });

  it('refuses to say anything about no values', () => {
    assert.throws(() => spreadOf([]), RangeError);
  });
});

describe('quantile', () => {
  it('lies between two neighbours in proportion', () => {
    const hundred = Array.from({ length: 101 }, (_, index) => index);
    assert.equal(quantile(hundred, 0.99), 99);
    assert.equal(quantile([0, 10], 0.25), 2.5);
    assert.equal(quantile([7], 0.99), 7);
  });
});
