import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loneSamples } from '../../../dashboard/page/parts/lone-samples.js';

describe('samples of a chart without neighbours', () => {
  it('are found at the ends and between gaps, and not in a line', () => {
    assert.deepEqual(loneSamples([1, null, 2, 3, null, 0, null, null, 4]), [0, 5, 8]);
    assert.deepEqual(loneSamples([null, null]), []);
    assert.deepEqual(loneSamples([7]), [0]);
    assert.deepEqual(loneSamples([1, 2, 3]), []);
  });
});
