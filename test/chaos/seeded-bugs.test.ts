import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { describe, it } from 'node:test';
import { VIOLATIONS } from './checker.js';
import { BUGS, type Bug } from './peer.js';
import { run } from './run.js';

/** What checker.test.ts shows of the checker by itself, here of the whole chain: processes, history, checker. */
describe('a chaos run whose own peers do wrong', () => {
  it('finds each seeded bug', async () => {
    const bugs = Object.keys(BUGS) as Bug[];
    const found = new Set<string>();
    const missing = (): string[] => [...VIOLATIONS].filter((kind) => !found.has(kind));
    // A slow machine makes fewer calls in a second, and some bugs are rare.
    for (let seconds = 1; missing().length > 0 && seconds <= 16; seconds *= 2) {
      const { violations, folder } = await run({ seed: 3, seconds, faults: [], bugs, clients: 1 });
      rmSync(folder, { recursive: true });
      for (const { kind } of violations) found.add(kind);
    }
    assert.deepEqual(missing(), []);
  });
});
