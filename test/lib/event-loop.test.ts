import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EventLoopWatch } from '../../lib/event-loop.js';
import { mockClock } from './transport/support.js';

describe('EventLoopWatch', () => {
  it('knows the longest stall in any window that ends now', (t) => {
    const clock = mockClock(t);
    const watch = new EventLoopWatch();
    watch.enter();
    const [begin, before] = [clock.now, clock.now];
    clock.advance(100);
    assert.equal(watch.longestStall(begin), 0);
    clock.stall(320);
    assert.equal(watch.longestStall(begin), 300, 'of which 20 ms are its own interval');
    clock.advance(100);
    const after = clock.now;
    clock.stall(70);
    clock.advance(100);
    assert.equal(watch.longestStall(before), 300);
    assert.equal(watch.longestStall(after), 50, 'and not one that was over before');
    assert.equal(watch.longestStall(clock.now), 0);
  });

  it('counts the turn in which the first thing began to wait, where it slept before', (t) => {
    const clock = mockClock(t);
    const watch = new EventLoopWatch();
    const began = clock.now;
    clock.stall(320);
    watch.enter(began);
    assert.equal(watch.justBlocked(clock.now), 300);
    clock.advance(20);
    assert.equal(watch.longestStall(began), 320);
    watch.enter(clock.now - 20);
    clock.advance(100);
    assert.equal(watch.longestStall(clock.now - 50), 0, 'and nothing where it sampled already');
  });

  it('counts only the part of a stall that lies in the window', (t) => {
    const clock = mockClock(t);
    const watch = new EventLoopWatch();
    watch.enter();
    clock.advance(20);
    clock.stall(1_020);
    assert.equal(watch.longestStall(clock.now - 200), 200);
    assert.equal(watch.justBlocked(clock.now), 1_000);
    assert.equal(watch.longestStallAround(clock.now - 200), 1_000, 'unless the whole of it is asked for');
    const after = clock.now;
    clock.advance(10);
    assert.equal(watch.longestStallAround(after), 1_000, 'as of what was read when it had just ended');
    assert.equal(watch.justBlocked(clock.now), 1_000);
    clock.advance(100);
    assert.equal(watch.longestStallAround(clock.now - 50), 0);
    assert.equal(watch.justBlocked(clock.now), 0);
  });

  it('counts a stall that has just ended, and was not sampled yet', (t) => {
    const clock = mockClock(t);
    const watch = new EventLoopWatch();
    watch.enter();
    const begin = clock.now;
    let seen = 0;
    // Due before the watch's own look, as a deadline may be.
    setTimeout(() => {
      seen = watch.longestStall(begin);
    }, 5);
    clock.stall(500);
    assert.equal(seen, 480);
  });

  it('samples only while something waits, and for a second after', (t) => {
    const clock = mockClock(t);
    const watch = new EventLoopWatch();
    assert.equal(clock.timers, 0);
    watch.enter();
    watch.enter();
    assert.equal(clock.timers, 1);
    watch.leave();
    clock.advance(5_000);
    assert.equal(clock.timers, 1, 'one still waits');
    watch.leave();
    clock.advance(900);
    assert.equal(clock.timers, 1, 'the next call is likely');
    clock.advance(200);
    assert.equal(clock.timers, 0);
    clock.stall(5_000);
    watch.enter();
    assert.equal(watch.longestStall(0), 0, 'what was nobody’s affair is not known');
    clock.stall(220);
    assert.equal(watch.longestStall(0), 200, 'and it goes on where somebody waits again');
  });

  it('samples for another second where something goes on, though nothing waits', (t) => {
    const clock = mockClock(t);
    const watch = new EventLoopWatch();
    const begin = clock.now;
    for (let i = 0; i < 4; i++) {
      watch.touch();
      clock.advance(900);
      assert.equal(clock.timers, 1);
    }
    clock.stall(70);
    assert.equal(watch.longestStall(begin), 50);
    clock.advance(200);
    assert.equal(clock.timers, 0);
  });

  it('remembers a bounded number of stalls, the longest and the latest', (t) => {
    const clock = mockClock(t);
    const watch = new EventLoopWatch();
    watch.enter();
    const began = clock.now;
    for (let ms = 1_000; ms > 500; ms--) clock.stall(ms);
    const last = clock.now;
    clock.stall(220);
    assert.equal(watch.longestStall(last), 200);
    const longest = watch.longestStall(began);
    assert.ok(longest > 500 && longest < 600, `${longest}: the oldest are forgotten`);
    clock.stall(3_020);
    assert.equal(watch.longestStall(began), 3_000);
    for (let i = 0; i < 500; i++) clock.stall(25 + (i % 100));
    assert.equal(watch.longestStall(began), 3_000, 'and no number of shorter ones makes it forget the longest');
  });
});
