import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Backoff } from '../../../lib/transport/backoff.js';

const waits = (backoff: Backoff, count: number) => Array.from({ length: count }, () => backoff.next());

describe('Backoff', () => {
  it('is quick and exact at first, then grows by 1.6 to 5 s', () => {
    const middle = new Backoff(() => 0.5);
    const rounded = waits(middle, 14).map((wait) => Math.round(wait));
    assert.deepEqual(rounded, [0, 1, 5, 20, 100, 160, 256, 410, 655, 1049, 1678, 2684, 4295, 5000]);
    assert.equal(Math.round(middle.next()), 5000);
  });

  it('varies by a fifth to either side, but not while it is quick', () => {
    const low = waits(new Backoff(() => 0), 20);
    const high = waits(new Backoff(() => 1), 20);
    assert.deepEqual(low.slice(0, 4), high.slice(0, 4));
    for (const [i, wait] of low.entries()) {
      if (i < 4) continue;
      const nominal = Math.min(5_000, 100 * 1.6 ** (i - 4));
      assert.ok(Math.abs(wait - nominal * 0.8) < 1e-6, `${wait}, ${i}`);
      assert.ok(Math.abs((high[i] as number) - nominal * 1.2) < 1e-6, `${high[i]}, ${i}`);
    }
  });

  it('stays within its bounds with real chance', () => {
    const backoff = new Backoff();
    waits(backoff, 14);
    for (const wait of waits(backoff, 1_000)) assert.ok(wait >= 4_000 && wait < 6_000, String(wait));
  });

  it('starts over after a success', () => {
    const backoff = new Backoff(() => 0.5);
    waits(backoff, 9);
    assert.equal(backoff.attempts, 9);
    backoff.reset();
    assert.equal(backoff.attempts, 0);
    assert.deepEqual(waits(backoff, 5).map(Math.round), [0, 1, 5, 20, 100]);
  });
});
