import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { Latency } from '../../../lib/follower/latency.js';

/** A clock that the test moves, in place of `performance.now`. */
function fakeClock(t: TestContext): { now: number } {
  const clock = { now: 1_000 };
  t.mock.method(performance, 'now', () => clock.now);
  return clock;
}

describe('Latency', () => {
  it('knows nothing before the first answer', () => assert.equal(new Latency().ms, undefined));

  it('takes the first measurement as it is, and moves toward later ones', (t) => {
    const clock = fakeClock(t);
    const latency = new Latency();
    latency.answered(clock.now - 100);
    assert.equal(latency.ms, 100);
    for (let i = 0; i < 16; i++) latency.answered(clock.now - 200);
    assert.equal(latency.ms, 120, 'one in sixteen answers is measured, and counts a fifth');
  });

  it('measures nothing where the time of sending is not known', (t) => {
    fakeClock(t);
    const latency = new Latency();
    latency.answered(undefined);
    assert.equal(latency.ms, undefined);
  });

  it('forgets: a server that was slow once must be tried again', (t) => {
    const clock = fakeClock(t);
    const latency = new Latency();
    latency.answered(clock.now - 100);
    clock.now += 29_999;
    assert.equal(latency.ms, 100);
    clock.now += 1;
    assert.equal(latency.ms, undefined);
  });
});
