import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type BaselineTable, type Row, rowsOf } from '../../bench/baseline.js';
import { formatBaselineTable } from '../../bench/baseline-report.js';
import type { PairResult } from '../../bench/peer-pair.js';

const NAMES = ['tcp', 'again', 'unix'].map((name) => ({ name }));
const NO_ERRORS: ReadonlyMap<number, string> = new Map();

function rounds(...calls: number[]): PairResult[] {
  return calls.map((each) => ({ calls: each, allCalls: each, seconds: 1, cpuUsPerCall: 1_000 / each }));
}

function table(rows: readonly Row[]): BaselineTable {
  return { payload: 'small', inFlight: 64, rounds: 3, rows };
}

function figures(row: Row | undefined) {
  assert.ok(row !== undefined && 'callsPerSecond' in row);
  return row;
}

describe('rows of a table against a baseline', () => {
  it('have ratios within a round', () => {
    const rows = rowsOf(NAMES, [rounds(100, 10, 100), rounds(100, 10, 100), rounds(200, 20, 200)], NO_ERRORS);
    const { callsPerSecond, cpuUsPerCall } = figures(rows[2]);
    assert.deepEqual(callsPerSecond, {
      median: 200,
      ratio: { median: 2, low: 2, high: 2 },
      isWithinNoise: false,
    });
    assert.deepEqual(cpuUsPerCall.ratio, { median: 0.5, low: 0.5, high: 0.5 });
  });

  it('are within the noise where the control differs by as much', () => {
    const rows = rowsOf(NAMES, [rounds(100, 100), rounds(80, 120), rounds(105, 105)], NO_ERRORS);
    assert.equal(figures(rows[2]).callsPerSecond.isWithinNoise, true);
    const text = formatBaselineTable(table(rows), () => 1.1);
    assert.match(text, /unix +105 +~1\.05 .* goal 1\.10 MISSED$/m);
    assert.match(
      formatBaselineTable(table(rows), () => 1.05),
      /goal 1\.05 met$/m,
    );
  });

  it('say what failed, and all of them where the baseline did', () => {
    const some = [rounds(100), rounds(100), []];
    const [tcp, , unix] = rowsOf(NAMES, some, new Map([[2, 'boom']]));
    assert.equal(figures(tcp).callsPerSecond.median, 100);
    assert.deepEqual(unix, { name: 'unix', error: 'boom' });
    const noControl = rowsOf(NAMES, [rounds(100), [], rounds(110)], new Map([[1, 'boom']]));
    assert.equal(figures(noControl[2]).callsPerSecond.isWithinNoise, false);
    const none = rowsOf(NAMES, some, new Map([[0, 'boom']]));
    assert.deepEqual(
      none.map((row) => 'error' in row && row.error),
      ['boom', 'boom', 'boom'],
    );
    assert.match(formatBaselineTable(table(none)), /unix +FAILED: boom/);
  });

  it('have the time of a lone call where one is in flight', () => {
    const lone = rounds(100).map((round) => ({ ...round, latencyUs: { p50: 20, p99: 30 } }));
    const rows = rowsOf(NAMES, [lone, lone, lone], NO_ERRORS);
    assert.equal(figures(rows[2]).p50?.median, 20);
    assert.match(formatBaselineTable(table(rows)), /p50 us/);
  });
});
