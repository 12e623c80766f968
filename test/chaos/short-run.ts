import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { run } from './run.js';

const SECONDS = 3;

/** A few seconds of what `npm run chaos` does for minutes. One seed a file: on a busy machine each takes its time. */
export function shortRun(seed: number): void {
  describe('calls under faults', () => {
    it(`settle once, execute once, and tell the truth: seed ${seed}`, async () => {
      const { violations, folder, calls, executions, endings, faults } = await run({ seed, seconds: SECONDS });
      const found = violations.slice(0, 5).map(({ kind, what }) => `${kind}: ${what}`);
      assert.deepEqual(found, [], `seed ${seed}; the history is in ${folder}`);
      assert.ok(calls > 100 && executions > 30, `${calls} calls, ${executions} executed`);
      assert.ok(endings.has('answered'));
      assert.ok(faults.size >= 4, `${[...faults]}`);
    });
  });
}
