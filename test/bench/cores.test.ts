import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findCorePair, parseCoreList } from '../../bench/cores.js';

describe('cores', () => {
  it("reads the kernel's lists", () => {
    assert.deepEqual(parseCoreList('0'), [0]);
    assert.deepEqual(parseCoreList('0-3'), [0, 1, 2, 3]);
    assert.deepEqual(parseCoreList('0-1,8,10-11'), [0, 1, 8, 10, 11]);
  });

  it('finds two different ones, or none', () => {
    const pair = findCorePair();
    if (pair !== undefined) assert.notEqual(pair.server, pair.client);
  });
});
