import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EarlyFlush } from '../../../lib/transport/early-flush.js';

describe('EarlyFlush', () => {
  it('is due after 16 frames at first', () => {
    const earlyFlush = new EarlyFlush();
    assert.deepEqual(
      [15, 16].map((waiting) => earlyFlush.isDue(waiting)),
      [false, true],
    );
  });

  it('is due after 128 frames where frames are passed on as bytes', () => {
    const earlyFlush = new EarlyFlush(true);
    const due = (...waiting: number[]): boolean[] => waiting.map((frames) => earlyFlush.isDue(frames));
    assert.deepEqual(due(127, 128), [false, true]);
    earlyFlush.wrote(400);
    earlyFlush.tickEnded();
    assert.deepEqual(due(127, 128), [false, true], 'a quarter of the last tick is less');
  });

  it('is due after a quarter of the frames of the tick before', () => {
    const earlyFlush = new EarlyFlush();
    earlyFlush.wrote(300);
    earlyFlush.wrote(100);
    earlyFlush.tickEnded();
    assert.deepEqual(
      [99, 100].map((waiting) => earlyFlush.isDue(waiting)),
      [false, true],
    );
  });

  it('forgets a burst after one quiet tick', () => {
    const earlyFlush = new EarlyFlush();
    earlyFlush.wrote(400);
    earlyFlush.tickEnded();
    earlyFlush.tickEnded();
    assert.equal(earlyFlush.isDue(16), true);
  });
});
