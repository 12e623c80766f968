import { BASELINE } from './goals.js';
import type { Latency } from './load.js';
import type { PairResult } from './peer-pair.js';
import type { PeerRounds, Scenario } from './scenario.js';
import { type Spread, spreadOf } from './statistics.js';

export interface ScenarioSummary extends Scenario {
  readonly peers: readonly PeerSummary[];
}

export type PeerSummary =
  | { readonly name: string; readonly error: string }
  | {
      readonly name: string;
      /** As measured, in order. */
      readonly rounds: readonly PairResult[];
      /** Over the rounds. */
      readonly callsPerSecond: Spread;
      /** To the baseline of the same round, over the rounds; absent where the baseline failed. */
      readonly ratio?: Spread;
      /** Of both processes together; the median of the rounds. */
      readonly cpuUsPerCall: number;
      /** At one call in flight: the medians of the rounds' percentiles. */
      readonly latencyUs?: Latency;
    };

export function summarize(scenario: Scenario, results: readonly PeerRounds[]): ScenarioSummary {
  const baseline = results.find(({ name }) => name === BASELINE);
  const baselineRates = baseline !== undefined && 'rounds' in baseline ? ratesOf(baseline.rounds) : undefined;
  return { ...scenario, peers: results.map((result) => summarizePeer(result, baselineRates)) };
}

function summarizePeer(result: PeerRounds, baselineRates: readonly number[] | undefined): PeerSummary {
  if ('error' in result) return result;
  const rates = ratesOf(result.rounds);
  // No ratio to a round in which the machine stood still.
  const ratios = rates.map((rate, round) => rate / (baselineRates?.[round] ?? 0)).filter(Number.isFinite);
  const latencies = result.rounds.flatMap(({ latencyUs }) => latencyUs ?? []);
  return {
    name: result.name,
    rounds: result.rounds,
    callsPerSecond: spreadOf(rates),
    ...(ratios.length > 0 && { ratio: spreadOf(ratios) }),
    cpuUsPerCall: spreadOf(result.rounds.map(({ cpuUsPerCall }) => cpuUsPerCall)).median,
    ...(latencies.length > 0 && {
      latencyUs: {
        p50: spreadOf(latencies.map(({ p50 }) => p50)).median,
        p99: spreadOf(latencies.map(({ p99 }) => p99)).median,
      },
    }),
  };
}

function ratesOf(rounds: readonly PairResult[]): number[] {
  return rounds.map(({ calls, seconds }) => calls / seconds);
}
