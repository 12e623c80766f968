import assert from 'node:assert/strict';
import type { Outcome } from '../../bench/failover/rounds.js';

/** Three restarts under load, and each call settled once, with an answer. */
export function assertNoneLost({ calls, busy }: Outcome): void {
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

/** How many processes answered. */
export function answerers({ calls }: Outcome): number {
  return new Set(calls.map(({ pid }) => pid)).size;
}
