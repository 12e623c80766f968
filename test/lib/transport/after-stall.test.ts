import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AfterStall, bytesRead } from '../../../lib/transport/after-stall.js';
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

  it('does nothing once it is cancelled', async (t) => {
    const clock = mockClock(t);
    const work = new AfterStall(() => assert.fail('the work was done'));
    work.run(clock.now - 500);
    work.cancel();
    await tick();
    await tick();
  });
});
