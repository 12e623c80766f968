import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { rollingIds } from '../../bench/failover/rounds.js';
import { answerers, assertNoneLost } from './none-lost.js';

/** What `bench/failover.ts` measures: each server stops as its operator stops it, and is started anew at its address. */
describe('a rolling restart of three servers with an id each, under load, fails no call', () => {
  it('while they stay in the roster: calls wait for the one that is away', async () => {
    const outcome = await rollingIds({ aside: false });
    assertNoneLost(outcome);
    assert.equal(answerers(outcome), 6, 'each of them, before and after');
  });

  it('while each is out of the roster', async () => {
    const outcome = await rollingIds({ aside: true });
    assertNoneLost(outcome);
    assert.equal(answerers(outcome), 6);
  });
});
