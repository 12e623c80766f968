import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type AgainstSummary, type Comparison, summarizeAgainst } from '../../bench/against.js';
import { formatAgainst } from '../../bench/against-report.js';
import type { PairResult } from '../../bench/peer-pair.js';
import type { Scenario } from '../../bench/scenario.js';

const SCENARIO: Scenario = { payload: 'small', inFlight: 64 };

function rounds(...cpuUs: number[]): PairResult[] {
  return cpuUs.map((cpuUsPerCall) => ({ calls: 100, allCalls: 100, seconds: 1, cpuUsPerCall }));
}

function cpuOf(summary: AgainstSummary): Comparison {
  assert.ok('cpuUsPerCall' in summary);
  return summary.cpuUsPerCall;
}

describe('summarizeAgainst', () => {
  it('takes ratios within a round, so that a slow second falls on all builds', () => {
    const cpu = cpuOf(summarizeAgainst(SCENARIO, rounds(10, 100, 10), rounds(10, 100, 10), rounds(20, 200, 20)));
    assert.deepEqual(cpu.ratio, { median: 0.5, low: 0.5, high: 0.5 });
    assert.deepEqual(cpu.same, { median: 1, low: 1, high: 1 });
    assert.deepEqual([cpu.own, cpu.other], [10, 20]);
  });

  it('finds nothing where this build differs from itself by as much', () => {
    const own = rounds(10, 10, 10, 10);
    const again = rounds(9, 11, 9, 11);
    assert.equal(cpuOf(summarizeAgainst(SCENARIO, own, again, rounds(10.5, 10.5, 10.5, 10.5))).isWithinNoise, true);
    assert.equal(cpuOf(summarizeAgainst(SCENARIO, own, again, rounds(8, 8, 8, 8))).isWithinNoise, false);
    assert.equal(cpuOf(summarizeAgainst(SCENARIO, own, again, rounds(13, 13, 13, 13))).isWithinNoise, false);
  });

  it('leaves out a round in which a build got no answer', () => {
    const still = Number.POSITIVE_INFINITY; // CPU time over no calls
    const cpu = cpuOf(summarizeAgainst(SCENARIO, rounds(10, 10), rounds(10, 10), rounds(20, still)));
    assert.deepEqual(cpu.ratio, { median: 0.5, low: 0.5, high: 0.5 });
  });
});

describe('formatAgainst', () => {
  const lineOf = (name: string, summary: AgainstSummary) =>
    formatAgainst(summary)
      .split('\n')
      .find((line) => line.startsWith(`  ${name}`)) ?? '';

  it('prints the CPU time of a call first, with the ratio and that of the same build', () => {
    const summary = summarizeAgainst(SCENARIO, rounds(10, 10), rounds(10, 10), rounds(8, 8));
    assert.equal(formatAgainst(summary).split('\n')[2], lineOf('cpu us a call', summary));
    assert.match(
      lineOf('cpu us a call', summary),
      / 10\.00 +8\.00 +1\.250 +1\.250 - 1\.250 +1\.000 +1\.000 - 1\.000 +DEARER than the other build$/,
    );
    assert.match(lineOf('calls/s', summary), / 100 +100 +1\.000 .* no finding$/);
  });

  it('prints what went wrong in place of figures', () => {
    assert.match(formatAgainst({ ...SCENARIO, error: 'wrong reply' }), /64 in flight\n {2}FAILED: wrong reply$/);
  });
});
