import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Outcome, rollingIds, rollingStandbys } from '../../bench/failover/rounds.js';

/** What `bench/failover.ts` measures: each server stops as its operator stops it, and is started anew at its address. */

function assertNoneLost({ calls, busy }: Outcome): void {
  assert.equal(busy.length, 3, 'three restarts');
  assert.ok(calls.length > 100, `a load: ${calls.length} calls`);
  assert.deepEqual(
    calls.filter(({ settled, error }) => settled !== 1 || error !== undefined),
    [],
  );
  for (const { from, to } of busy) {
    assert.ok(
      calls.some(({ startedAt }) => startedAt >= from && startedAt < to),
      'calls during each of them',
    );
  }
}

describe('a rolling restart under load fails no call', () => {
  it('of three processes that run one id', async () => {
    const outcome = await rollingStandbys();
    assertNoneLost(outcome);
    const answerers = new Set(outcome.calls.map(({ pid }) => pid));
    assert.ok(answerers.size > 1, 'another answers while the leading one is away');
  });

  it('of three servers with an id each: calls wait for the one that is away', async () => {
    const outcome = await rollingIds({ aside: false });
    assertNoneLost(outcome);
    assert.equal(new Set(outcome.calls.map(({ pid }) => pid)).size, 6, 'each of them, before and after');
  });

  it('of three servers with an id each, which are out of the roster meanwhile', async () => {
    const outcome = await rollingIds({ aside: true });
    assertNoneLost(outcome);
    assert.equal(new Set(outcome.calls.map(({ pid }) => pid)).size, 6);
  });
});
