import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { ByteBudget } from '../../../lib/transport/byte-budget.js';
import { mockClock } from './support.js';

function setUp(t: TestContext, limit: number) {
  const clock = mockClock(t);
  const log: string[] = [];
  const budget = new ByteBudget(limit, 'unread answers', 'maxUnreadBytes', (peer, why) => log.push(`${peer}: ${why}`));
  const evicted: string[] = [];
  const holder = (peer: string) => ({
    peer,
    evict: () => {
      evicted.push(peer);
    },
  });
  return { clock, budget, log, evicted, holder };
}

describe('ByteBudget', () => {
  it('counts what its holders have', (t) => {
    const { budget, holder } = setUp(t, 100);
    const [a, b] = [holder('a'), holder('b')];
    budget.set(a, 40);
    budget.set(b, 50);
    budget.set(a, 30);
    assert.equal(budget.used, 80);
    budget.set(a, 0);
    budget.set(a, 0);
    assert.equal(budget.used, 50);
  });

  it('evicts over the bound the holder that has most for longest, and names the bytes and the option', (t) => {
    const { clock, budget, log, evicted, holder } = setUp(t, 100);
    budget.set(holder('old'), 40);
    clock.advance(1_000);
    budget.set(holder('new and large'), 59);
    assert.deepEqual(evicted, []);
    budget.set(holder('newest'), 10);
    assert.deepEqual(evicted, ['old']);
    assert.deepEqual(log, [
      'old: 109 bytes of unread answers wait on this port, and maxUnreadBytes allows 100; this connection had 40 of them for 1000 ms',
    ]);
    assert.equal(budget.used, 69);
  });

  it('spares a large holder that has just begun, and evicts it when nobody else has anything', (t) => {
    const { clock, budget, evicted, holder } = setUp(t, 100);
    budget.set(holder('hostile'), 60);
    clock.advance(5_000);
    const good = holder('good');
    budget.set(good, 90);
    assert.deepEqual(evicted, ['hostile']);
    budget.set(good, 101);
    assert.deepEqual(evicted, ['hostile', 'good']);
    assert.equal(budget.used, 0);
  });

  it('counts the time anew for a holder that had nothing for a moment', (t) => {
    const { clock, budget, evicted, holder } = setUp(t, 100);
    const reads = holder('reads');
    budget.set(reads, 50);
    clock.advance(1_000);
    budget.set(reads, 0);
    budget.set(reads, 50);
    budget.set(holder('does not'), 40);
    clock.advance(10);
    budget.set(holder('third'), 20);
    assert.deepEqual(evicted, ['reads'], '50 bytes against 40 for the same time');
  });
});
