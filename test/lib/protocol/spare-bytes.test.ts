import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findSpare, giveSpare, keepCopy, spareBytes, takeSpare } from '../../../lib/protocol/spare-bytes.js';
import { until } from '../../support/until.js';

const MiB = 1024 * 1024;

describe('spare bytes', () => {
  it('hands out a buffer that was given back, once, where the size is near', () => {
    const given = takeSpare(60_000);
    giveSpare(given);
    assert.notEqual(takeSpare(20_000), given, 'more than twice as large');
    assert.notEqual(takeSpare(60_001), given, 'too small');
    assert.equal(takeSpare(40_000), given);
    assert.notEqual(takeSpare(40_000), given, 'in use');
  });

  it('keeps sixteen buffers and 16 MiB, the latest ones, and none above 5 MiB', () => {
    const given = Array.from({ length: 17 }, () => takeSpare(30_000));
    for (const bytes of given) giveSpare(bytes);
    const taken = Array.from({ length: 17 }, () => takeSpare(30_000));
    assert.deepEqual(
      taken.map((bytes) => given.indexOf(bytes)),
      [16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, -1],
    );
    const large = Array.from({ length: 4 }, () => takeSpare(5 * MiB));
    for (const bytes of large) giveSpare(bytes);
    assert.deepEqual(
      large.map(() => large.indexOf(takeSpare(5 * MiB))),
      [3, 2, 1, -1],
    );
    const larger = takeSpare(5 * MiB + 1);
    giveSpare(larger);
    assert.notEqual(takeSpare(5 * MiB + 1), larger);
  });

  it('lets go of a buffer that nobody took for a second, and not of one that is in use again and again', async () => {
    const [idle, used] = [takeSpare(200_000), takeSpare(50_000)];
    giveSpare(idle);
    giveSpare(used);
    const isKept = (bytes: Buffer): boolean => {
      const found = findSpare(bytes.length);
      if (found !== undefined) giveSpare(found);
      return found === bytes;
    };
    const use = setInterval(() => assert.ok(isKept(used)), 5);
    // Looking for the idle one would count as a use of it: what is asked is only how much is kept.
    await until(() => spareBytes() === used.length, { what: 'the idle buffer to be let go', timeoutMs: 20_000 });
    clearInterval(use);
    assert.ok(isKept(used));
    assert.equal(findSpare(idle.length), undefined);
    await until(() => spareBytes() === 0, { what: 'the other one to be let go', timeoutMs: 20_000 });
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
