import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Random } from './random.js';

/** Seed of this run: the environment's `FUZZ_SEED`, or one at random. A failure prints the seed that repeats it. */
export const SEED = Number(process.env['FUZZ_SEED'] ?? Math.floor(Math.random() * 2 ** 32));
const ROUNDS = Number(process.env['FUZZ_ROUNDS'] ?? 1);
/** Bound of one attempt. The largest inputs here are a few KiB, and take some milliseconds; a busy machine may stop a process for seconds. Unit: ms */
const MAX_MS = 10_000;

/** Tests that `attempt` holds for so many generators, and names the seed of the one that failed. */
export function fuzz(what: string, times: number, attempt: (random: Random) => void | Promise<void>): void {
  it(what, async () => {
    for (let i = 0; i < times * ROUNDS; i++) {
      const startedAt = performance.now();
      try {
        await attempt(new Random(SEED + i));
      } catch (error) {
        throw new Error(`FUZZ_SEED=${SEED} failed in attempt ${i}; FUZZ_SEED=${SEED + i} fails in the first`, {
          cause: error,
        });
      }
      const took = performance.now() - startedAt;
      assert.ok(took < MAX_MS, `FUZZ_SEED=${SEED + i} took ${took} ms`);
    }
  });
}
