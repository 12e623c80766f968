import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { DeadlineTimer } from '../../../lib/transport/deadline-timer.js';
import { mockClock } from './support.js';

/** A table of deadlines, as the timer's owners have. */
function setUp(t: TestContext) {
  const clock = mockClock(t);
  const deadlines = new Set<number>();
  /** When each deadline was found to have passed. */
  const fired: { deadline: number; at: number }[] = [];
  let scans = 0;
  let onScan: (() => void) | undefined;
  const timer = new DeadlineTimer((now) => {
    scans += 1;
    let earliest = Number.POSITIVE_INFINITY;
    for (const deadline of deadlines) {
      if (deadline <= now) {
        deadlines.delete(deadline);
        fired.push({ deadline, at: clock.now });
      } else if (deadline < earliest) earliest = deadline;
    }
    onScan?.();
    return earliest;
  });
  const add = (deadline: number) => {
    deadlines.add(deadline);
    timer.note(deadline);
  };
  return {
    clock,
    timer,
    fired,
    add,
    scans: () => scans,
    whenScanning(listener: () => void) {
      onScan = listener;
    },
  };
}

describe('DeadlineTimer', () => {
  it('fires when the deadline has passed, and not before', (t) => {
    const { clock, add, fired } = setUp(t);
    add(clock.now + 50);
    clock.advance(49);
    assert.deepEqual(fired, []);
    clock.advance(1);
    assert.deepEqual(fired, [{ deadline: 1_050, at: 1_050 }]);
  });

  it('fires late rather than early where the deadline has a fraction of a ms', (t) => {
    const { clock, add, fired } = setUp(t);
    add(clock.now + 10.4);
    clock.advance(10);
    assert.deepEqual(fired, []);
    clock.advance(1);
    assert.deepEqual(fired, [{ deadline: 1_010.4, at: 1_011 }]);
  });

  it('looks once for all the deadlines of 5 ms, and none of them is more than that late', (t) => {
    const { clock, add, fired, scans } = setUp(t);
    for (let i = 0; i < 100; i++) add(clock.now + 20 + i * 0.1);
    clock.advance(40);
    assert.equal(fired.length, 100);
    for (const { deadline, at } of fired) assert.ok(at >= deadline && at - deadline <= 6, `${deadline} at ${at}`);
    assert.ok(scans() <= 4, `${scans()} scans`);
  });

  it('is set anew for an earlier deadline, and left alone for a later one', (t) => {
    const { clock, add, fired, scans } = setUp(t);
    add(clock.now + 100);
    add(clock.now + 200);
    add(clock.now + 30);
    clock.advance(30);
    assert.deepEqual(
      fired.map(({ deadline }) => deadline),
      [1_030],
    );
    assert.equal(scans(), 1);
    clock.advance(170);
    assert.deepEqual(
      fired.map(({ at }) => at),
      [1_030, 1_100, 1_200],
    );
  });

  it('fires at once for a deadline that has passed already', (t) => {
    const { clock, add, fired } = setUp(t);
    add(clock.now - 1);
    clock.advance(1);
    assert.equal(fired.length, 1);
  });

  it('keeps an earlier deadline that is noted while it scans', (t) => {
    const { clock, add, fired, whenScanning } = setUp(t);
    add(clock.now + 10);
    add(clock.now + 500);
    let once = true;
    whenScanning(() => {
      if (once) add(clock.now + 20);
      once = false;
    });
    clock.advance(100);
    assert.deepEqual(
      fired.map(({ deadline }) => deadline),
      [1_010, 1_030],
    );
  });

  it('looks again after the longest time that a timer can wait, and fires then only if it is due', (t) => {
    const delays: number[] = [];
    t.mock.method(globalThis, 'setTimeout', (_fire: () => void, ms: number) => {
      delays.push(ms);
      return { unref() {} };
    });
    new DeadlineTimer(() => Number.POSITIVE_INFINITY).note(performance.now() + 2 ** 33);
    assert.deepEqual(delays, [0x7fffffff]);
  });

  it('stops, and can be used again', (t) => {
    const { clock, timer, add, fired } = setUp(t);
    add(clock.now + 10);
    timer.stop();
    clock.advance(50);
    assert.deepEqual(fired, []);
    timer.note(clock.now + 5);
    clock.advance(5);
    assert.equal(fired.length, 1);
  });

  it('keeps the process alive only when told to', (t) => {
    const refs: boolean[] = [];
    t.mock.method(globalThis, 'setTimeout', () => {
      const at = refs.push(true) - 1;
      return { unref: () => refs.splice(at, 1, false) };
    });
    const none = () => Number.POSITIVE_INFINITY;
    new DeadlineTimer(none).note(performance.now() + 10);
    new DeadlineTimer(none, { holdsProcess: true }).note(performance.now() + 10);
    assert.deepEqual(refs, [false, true]);
  });
});
