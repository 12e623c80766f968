import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AfterStall, bytesRead, timeLeft } from '../../../lib/transport/after-stall.js';
import { mockClock, tick } from './support.js';

describe('AfterStall', () => {
  it('works at once where the timer is in time', (t) => {
    const clock = mockClock(t);
    let runs = 0;
    new AfterStall(() => runs++).run(clock.now);
    assert.equal(runs, 1);
  });

  it('waits for the turns of I/O that read something, after a stall', async (t) => {
    const clock = mockClock(t);
    let runs = 0;
    const work = new AfterStall(() => runs++);
    work.run(clock.now - 500);
    for (let turn = 0; turn < 5; turn++) {
      bytesRead();
      assert.equal(runs, 0);
      await tick();
    }
    await tick();
    assert.equal(runs, 1);
  });

  it('does not wait for ever where bytes go on arriving', async (t) => {
    const clock = mockClock(t);
    let runs = 0;
    new AfterStall(() => runs++).run(clock.now - 500);
    for (let turn = 0; turn < 12; turn++) {
      bytesRead();
      clock.advance(10);
      await tick();
    }
    assert.equal(runs, 1);
  });

  it('gives a stall of 20 ms or more back, 500 ms at most', async (t) => {
    const clock = mockClock(t);
    for (const [stallMs, graceMs] of [
      [30, 30],
      [900, 500],
      [19, 0],
    ] as const) {
      clock.advance(1_000);
      let runs = 0;
      new AfterStall(() => runs++, true, true).run(clock.now - stallMs);
      await tick();
      assert.equal(timeLeft(clock.now - 1), Math.max(graceMs, -1), `after ${stallMs} ms`);
      if (graceMs > 0) {
        clock.advance(graceMs - 1);
        assert.equal(runs, 0, `after ${stallMs} ms`);
        clock.advance(1);
      }
      assert.equal(runs, 1, `after ${stallMs} ms`);
      assert.equal(timeLeft(clock.now + 7), 7);
    }
  });

  it('takes nothing of it back after a shorter stall', async (t) => {
    const clock = mockClock(t);
    clock.advance(1_000);
    new AfterStall(() => {}, true, true).run(clock.now - 900);
    clock.advance(100);
    new AfterStall(() => {}, true, true).run(clock.now - 30);
    await tick();
    assert.equal(timeLeft(clock.now - 1), 400);
    clock.advance(500);
  });

  it('does nothing once it is cancelled', async (t) => {
    const clock = mockClock(t);
    const work = new AfterStall(() => assert.fail('the work was done'));
    work.run(clock.now - 500);
    work.cancel();
    await tick();
    await tick();
  });
});
