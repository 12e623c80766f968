import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type RunReport, run } from './run.js';

/** A few seconds of what `npm run chaos` does for minutes. */
const SEEDS = [1, 2];
const SECONDS = 3;

const found = ({ violations, seed, folder }: RunReport): string =>
  `seed ${seed}: ${violations
    .slice(0, 5)
    .map(({ kind, what }) => `${kind}: ${what}`)
    .join('\n')}\nthe history is in ${folder}`;

describe('calls under faults', () => {
  for (const seed of SEEDS) {
    it(`settle once, execute once, and tell the truth: seed ${seed}`, async () => {
      const report = await run({ seed, seconds: SECONDS });
      assert.deepEqual(report.violations, [], found(report));
      assert.ok(report.calls > 100 && report.executions > 30, `${report.calls} calls, ${report.executions} executed`);
      assert.ok(report.endings.has('answered'));
      assert.ok(report.faults.size >= 4, `${[...report.faults]}`);
    });
  }
});
