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
    const { violations, folder } = await run({ seed: 3, seconds: 1, faults: [], bugs, clients: 1 });
    rmSync(folder, { recursive: true });
    const kinds = new Set(violations.map(({ kind }) => kind));
    assert.deepEqual(
      [...VIOLATIONS].filter((kind) => !kinds.has(kind)),
      [],
    );
  });
});
