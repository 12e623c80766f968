import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RpcCode, RpcError } from '../../../lib/errors.js';
import { Backoff, isRefused } from '../../../lib/transport/backoff.js';

const QUICK = [0, 1, 2, 4, 8, 16, 32];
const refusal = new RpcError(RpcCode.Connect, 'nobody listens', {
  cause: Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }),
});

const waits = (backoff: Backoff, count: number, why?: Error) => Array.from({ length: count }, () => backoff.next(why));

describe('Backoff', () => {
  it('is quick and exact at first, then grows by a fifth to 5 s', () => {
    const middle = new Backoff(() => 0.5);
    const rounded = waits(middle, 14).map((wait) => Math.round(wait));
    assert.deepEqual(rounded, [...QUICK, 50, 60, 72, 86, 104, 124, 149]);
    assert.equal(Math.round(waits(middle, 30).at(-1) as number), 5_000);
  });

  it('grows to half a second only where the machine says that nobody listens', () => {
    const backoff = new Backoff(() => 0.5);
    assert.equal(Math.round(waits(backoff, 50, refusal).at(-1) as number), 500);
    assert.equal(Math.round(backoff.next(new Error('no answer'))), 5_000, 'and the next failure is of another kind');
    assert.deepEqual([isRefused(refusal), isRefused(refusal.cause), isRefused(undefined)], [true, true, false]);
  });

  it('adds about a fifth to any outage', () => {
    for (const chance of [0, 1]) {
      let lasted = 0;
      for (const wait of waits(new Backoff(() => chance), 24, refusal)) {
        if (lasted > 500) assert.ok(wait < 0.3 * lasted, `${wait} ms after ${lasted}`);
        lasted += wait;
      }
    }
  });

  it('varies by a fifth to either side, but not while it is quick', () => {
    const low = waits(new Backoff(() => 0), 20);
    const high = waits(new Backoff(() => 1), 20);
    assert.deepEqual(low.slice(0, QUICK.length), high.slice(0, QUICK.length));
    for (const [i, wait] of low.entries()) {
      if (i < QUICK.length) continue;
      const nominal = Math.min(5_000, 50 * 1.2 ** (i - QUICK.length));
      assert.ok(Math.abs(wait - nominal * 0.8) < 1e-6, `${wait}, ${i}`);
      assert.ok(Math.abs((high[i] as number) - nominal * 1.2) < 1e-6, `${high[i]}, ${i}`);
    }
  });

  it('stays within its bounds with real chance', () => {
    const backoff = new Backoff();
    waits(backoff, 40);
    for (const wait of waits(backoff, 1_000)) assert.ok(wait >= 4_000 && wait < 6_000, String(wait));
  });

  it('starts over after a success', () => {
    const backoff = new Backoff(() => 0.5);
    waits(backoff, 9);
    assert.equal(backoff.attempts, 9);
    backoff.reset();
    assert.equal(backoff.attempts, 0);
    assert.deepEqual(waits(backoff, 8).map(Math.round), [...QUICK, 50]);
  });
});
