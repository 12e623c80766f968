import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RetryBudget } from '../../failure/retry-budget.js';

/** How many retries it gives at `now`, up to a thousand. */
function spendAll(budget: RetryBudget, now: number): number {
  let spent = 0;
  while (spent < 1_000 && budget.spend(now)) spent += 1;
  return spent;
}

describe('RetryBudget', () => {
  it('gives ten a second to a client that has made no calls: a hundred in ten seconds', () => {
    const budget = new RetryBudget({ ratio: 0.2, minPerSecond: 10 });
    assert.equal(spendAll(budget, 5_000), 100);
    assert.equal(spendAll(budget, 9_000), 0);
    assert.equal(spendAll(budget, 15_000), 100);
  });

  it('gives one retry for five calls', () => {
    const budget = new RetryBudget({ ratio: 0.2, minPerSecond: 0 });
    for (let call = 0; call < 4; call++) budget.earn(1_000);
    assert.equal(spendAll(budget, 1_000), 0);
    for (let call = 0; call < 21; call++) budget.earn(1_500);
    assert.equal(spendAll(budget, 2_000), 5);
  });

  it('forgets what was earned ten seconds ago', () => {
    const budget = new RetryBudget({ ratio: 1, minPerSecond: 0 });
    budget.earn(1_000);
    budget.earn(8_000);
    assert.equal(spendAll(budget, 12_500), 1);
    budget.earn(13_000);
    assert.equal(spendAll(budget, 60_000), 0);
  });

  it('counts a call whose time is a little behind', () => {
    const budget = new RetryBudget({ ratio: 1, minPerSecond: 0 });
    budget.earn(20_000);
    budget.earn(18_900);
    assert.equal(spendAll(budget, 20_000), 2);
  });

  it('may be nothing at all', () => {
    assert.equal(spendAll(new RetryBudget({ ratio: 0, minPerSecond: 0 }), 1_000), 0);
  });
});
