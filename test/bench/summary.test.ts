import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PairResult } from '../../bench/peer-pair.js';
import { formatScenario } from '../../bench/report.js';
import type { Scenario } from '../../bench/scenario.js';
import { summarize } from '../../bench/summary.js';

const SCENARIO: Scenario = { payload: 'small', inFlight: 64 };

function roundsOf(...rates: number[]): PairResult[] {
  return rates.map((rate) => ({ calls: rate * 2, allCalls: rate * 2, seconds: 2, cpuUsPerCall: 1 }));
}

describe('summarize', () => {
  it('compares within a round, so that a slow second does not count', () => {
    const { peers } = summarize(SCENARIO, [
      { name: 'limit-json', rounds: roundsOf(100, 10, 100) },
      { name: 'fast', rounds: roundsOf(200, 20, 210) },
    ]);
    const fast = peers[1];
    assert.ok(fast !== undefined && 'ratio' in fast);
    assert.deepEqual(fast.ratio, { median: 2, min: 2, max: 2.1 });
    assert.deepEqual(fast.callsPerSecond, { median: 200, min: 20, max: 210 });
  });

  it('leaves out a round in which the baseline got no answer', () => {
    const [, other] = summarize(SCENARIO, [
      { name: 'limit-json', rounds: roundsOf(100, 0, 0) },
      { name: 'other', rounds: roundsOf(50, 7, 0) },
    ]).peers;
    assert.ok(other !== undefined && 'ratio' in other);
    assert.deepEqual(other.ratio, { median: 0.5, min: 0.5, max: 0.5 });
  });

  it('has no ratio where the baseline failed, and keeps the error', () => {
    const { peers } = summarize(SCENARIO, [
      { name: 'limit-json', error: 'gone' },
      { name: 'other', rounds: roundsOf(1) },
    ]);
    assert.deepEqual(peers[0], { name: 'limit-json', error: 'gone' });
    assert.ok(peers[1] !== undefined && !('ratio' in peers[1]));
  });

  it('takes the medians of the percentiles of the rounds', () => {
    const rounds = [1, 9, 2].map((p50) => ({
      calls: 1,
      allCalls: 1,
      seconds: 1,
      cpuUsPerCall: p50,
      latencyUs: { p50, p99: p50 * 10 },
    }));
    const [peer] = summarize({ ...SCENARIO, inFlight: 1 }, [{ name: 'limit-json', rounds }]).peers;
    assert.ok(peer !== undefined && 'latencyUs' in peer);
    assert.deepEqual(peer.latencyUs, { p50: 2, p99: 20 });
    assert.equal(peer.cpuUsPerCall, 2);
  });
});

describe('formatScenario', () => {
  function lineOf(name: string, scenario: Scenario, ...rates: number[]): string {
    const summary = summarize(scenario, [
      { name: 'limit-json', rounds: roundsOf(...rates.map(() => 1000)) },
      { name, rounds: roundsOf(...rates) },
    ]);
    return formatScenario(summary).split('\n').at(-1) ?? '';
  }

  it("prints mailstation's goals beside its ratio", () => {
    assert.match(lineOf('mailstation', SCENARIO, 1200), /1\.20 .* floor 1\.00 met, goal 1\.35 MISSED$/);
    assert.match(lineOf('mailstation', SCENARIO, 1400), /1\.40 .* floor 1\.00 met, goal 1\.35 met$/);
    assert.match(lineOf('mailstation', SCENARIO, 500), /0\.50 .* floor 1\.00 MISSED, goal 1\.35 MISSED$/);
  });

  it('judges the ratio that it prints', () => {
    assert.match(lineOf('mailstation', SCENARIO, 996), / 1\.00 .* floor 1\.00 met/);
  });

  it('prints no goals for others, nor where there are none', () => {
    assert.doesNotMatch(lineOf('limit-json-early', SCENARIO, 1200), /goal/);
    assert.doesNotMatch(lineOf('mailstation', { payload: 'small', inFlight: 7 }, 1200), /goal/);
  });

  it('prints what went wrong in place of figures', () => {
    const text = formatScenario(summarize(SCENARIO, [{ name: 'limit-json', error: 'wrong reply: sent 1, got 2' }]));
    assert.match(text, /limit-json +FAILED: wrong reply: sent 1, got 2$/);
  });
});
