import type { PairResult } from './peer-pair.js';
import { type Contestant, type PeerRounds, type RoundSettings, runScenario, type Scenario } from './scenario.js';
import { median, type RatioRange, ratioRange } from './statistics.js';

/** Both builds, and this one twice. */
export type Builds = Readonly<Record<'own' | 'again' | 'other', Contestant>>;

/** Every so many rounds all processes are started anew: what V8 makes of the same code differs from process to process. */
const ROUNDS_PER_START = 4;

export interface Comparison {
  /** The median of the rounds, in this build and in the other. */
  readonly own: number;
  readonly other: number;
  /** This build to the other, within a round. */
  readonly ratio: RatioRange;
  /** This build to itself, within the same rounds. */
  readonly same: RatioRange;
  /** Whether the ratio lies within what the same build shows against itself: then there is no finding. */
  readonly isWithinNoise: boolean;
}

export type AgainstSummary = Scenario &
  (
    | { readonly error: string }
    | { readonly rounds: number; readonly cpuUsPerCall: Comparison; readonly callsPerSecond: Comparison }
  );

/** Rounds of the builds in turn, with fresh processes every {@link ROUNDS_PER_START} rounds. */
export async function runAgainst(scenario: Scenario, builds: Builds, settings: RoundSettings): Promise<AgainstSummary> {
  const contestants = [builds.own, builds.other, builds.again];
  const rounds = new Map<Contestant, PairResult[]>(contestants.map((contestant) => [contestant, []]));
  for (let left = settings.rounds; left > 0; left -= ROUNDS_PER_START) {
    const some = { ...settings, rounds: Math.min(left, ROUNDS_PER_START) };
    const results = await runScenario(scenario, contestants, some);
    const failed = results.find((result): result is PeerRounds & { error: string } => 'error' in result);
    if (failed !== undefined) return { ...scenario, error: failed.error };
    for (const [at, result] of results.entries()) {
      const contestant = contestants[at];
      if (contestant !== undefined && 'rounds' in result) rounds.get(contestant)?.push(...result.rounds);
    }
  }
  const of = (contestant: Contestant) => rounds.get(contestant) ?? [];
  return summarizeAgainst(scenario, of(builds.own), of(builds.again), of(builds.other));
}

export function summarizeAgainst(
  scenario: Scenario,
  own: readonly PairResult[],
  again: readonly PairResult[],
  other: readonly PairResult[],
): AgainstSummary {
  const compared = (figure: (round: PairResult) => number): Comparison =>
    compare(own.map(figure), again.map(figure), other.map(figure));
  return {
    ...scenario,
    rounds: own.length,
    cpuUsPerCall: compared(({ cpuUsPerCall }) => cpuUsPerCall),
    callsPerSecond: compared(({ calls, seconds }) => calls / seconds),
  };
}

function compare(own: readonly number[], again: readonly number[], other: readonly number[]): Comparison {
  const ratio = ratioRange(own, other);
  const same = ratioRange(own, again);
  const noise = Math.max(Math.abs(same.low - 1), Math.abs(same.high - 1));
  return {
    own: median(own),
    other: median(other),
    ratio,
    same,
    isWithinNoise: Math.abs(ratio.median - 1) <= noise,
  };
}
