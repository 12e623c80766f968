import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findSpare, giveSpare, keepCopy, takeSpare } from '../../../lib/protocol/spare-bytes.js';

describe('spare bytes', () => {
  it('hands out a buffer that was given back, once, where the size is near', () => {
    const given = takeSpare(60_000);
    giveSpare(given);
    assert.notEqual(takeSpare(20_000), given, 'more than twice as large');
    assert.notEqual(takeSpare(60_001), given, 'too small');
    assert.equal(takeSpare(40_000), given);
    assert.notEqual(takeSpare(40_000), given, 'in use');
  });

  it('keeps eight buffers, the latest ones, and none above 256 KiB', () => {
    const given = Array.from({ length: 9 }, () => takeSpare(30_000));
    for (const bytes of given) giveSpare(bytes);
    const taken = Array.from({ length: 9 }, () => takeSpare(30_000));
    assert.deepEqual(taken.map((bytes) => given.indexOf(bytes)).sort(), [-1, 1, 2, 3, 4, 5, 6, 7, 8]);
    const large = takeSpare(256 * 1024 + 1);
    giveSpare(large);
    assert.notEqual(takeSpare(256 * 1024 + 1), large);
  });

  it('copies bytes into such a buffer, unless they are so few that they come from a pool', () => {
    const frame = Buffer.alloc(20_000, 'abc');
    const kept = keepCopy(frame, 3, 20_000);
    frame.fill(0);
    assert.equal(kept.toString('latin1', 0, 6), 'abcabc');
    giveSpare(kept);
    assert.equal(findSpare(19_997), kept);
    const few = keepCopy(Buffer.from('few'), 0, 3);
    giveSpare(few);
    assert.equal(findSpare(3), undefined);
  });
});
