import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { describe, it } from 'node:test';
import { VIOLATIONS } from './checker.js';
import { BUGS, type Bug } from './peer.js';
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
      assert.ok(report.calls > 200 && report.executions > 100, `${report.calls} calls, ${report.executions} executed`);
      assert.ok(report.endings.has('answered'));
      assert.ok(report.faults.size >= 4, `${[...report.faults]}`);
    });
  }

  it('would not get away with anything: each seeded bug of the peers is found', async () => {
    const bugs = Object.keys(BUGS) as Bug[];
    const report = await run({ seed: 3, seconds: 1, faults: [], bugs, clients: 1 });
    rmSync(report.folder, { recursive: true });
    const kinds = new Set(report.violations.map(({ kind }) => kind));
    assert.deepEqual(
      [...VIOLATIONS].filter((kind) => !kinds.has(kind)),
      [],
    );
  });
});
