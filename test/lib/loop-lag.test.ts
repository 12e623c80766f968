import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LoopLag } from '../../lib/loop-lag.js';
import { mockClock } from './transport/support.js';

describe('LoopLag', () => {
  it('is 0 while the loop is on time, and sets no timer before it is asked', (t) => {
    const clock = mockClock(t);
    const lag = new LoopLag();
    assert.equal(clock.timers, 0);
    assert.equal(lag.ms, 0);
    assert.equal(clock.timers, 1);
    clock.advance(1_000);
    assert.equal(lag.ms, 0);
  });

  it('grows with long turns, a little with one and close to their length with many', (t) => {
    const clock = mockClock(t);
    const lag = new LoopLag();
    assert.equal(lag.ms, 0);
    clock.stall(350);
    assert.equal(Math.round(lag.ms), 100, 'a third of the 300 ms that one look was late');
    for (let i = 0; i < 20; i++) clock.stall(350);
    assert.ok(lag.ms > 290 && lag.ms <= 300, String(lag.ms));
    clock.advance(1_000);
    assert.ok(lag.ms < 1, String(lag.ms));
  });

  it('stops looking 10 s after it was last asked, and begins anew', (t) => {
    const clock = mockClock(t);
    const lag = new LoopLag();
    assert.equal(lag.ms, 0);
    clock.advance(9_000);
    clock.stall(350);
    assert.ok(lag.ms > 0);
    clock.advance(9_900);
    assert.equal(clock.timers, 1, 'it was asked in between');
    clock.advance(200);
    assert.equal(clock.timers, 0);
    clock.stall(5_000);
    assert.equal(lag.ms, 0, 'nobody looked');
    clock.stall(350);
    assert.equal(Math.round(lag.ms), 100);
  });
});
