import type { PairResult } from './peer-pair.js';
import { type Contestant, type RoundSettings, runScenario, type Scenario } from './scenario.js';
import { median, type RatioRange, ratioRange } from './statistics.js';

/** Every so many rounds all processes are started anew: what V8 makes of the same code differs from process to process. */
const ROUNDS_PER_START = 4;

/** A figure of a contestant: the median of the rounds, and the ratio to the baseline of the same round. */
export interface Figure {
  readonly median: number;
  readonly ratio: RatioRange;
  /** The ratio lies within what the baseline shows against itself. */
  readonly isWithinNoise: boolean;
}

export type Row =
  | { readonly name: string; readonly error: string }
  | {
      readonly name: string;
      readonly callsPerSecond: Figure;
      readonly cpuUsPerCall: Figure;
      /** At one call in flight: the median of the rounds. Unit: us */
      readonly p50?: Figure;
    };

/** One table: the baseline, the same once more as the control, and the others. */
export interface BaselineTable extends Scenario {
  readonly rounds: number;
  readonly rows: readonly Row[];
}

/**
 * Runs contestants in turn. Each ratio is taken within a round. The second contestant must be the first once more: its ratio
 * shows how much of a difference is noise.
 */
export async function runAgainstBaseline(
  scenario: Scenario,
  contestants: readonly Contestant[],
  settings: RoundSettings,
): Promise<BaselineTable> {
  const rounds = contestants.map((): PairResult[] => []);
  const errors = new Map<number, string>();
  for (let left = settings.rounds; left > 0; left -= ROUNDS_PER_START) {
    const some = { ...settings, rounds: Math.min(left, ROUNDS_PER_START) };
    for (const [at, result] of (await runScenario(scenario, contestants, some)).entries()) {
      if ('error' in result) errors.set(at, result.error);
      else rounds[at]?.push(...result.rounds);
    }
  }
  return { ...scenario, rounds: settings.rounds, rows: rowsOf(contestants, rounds, errors) };
}

/** The rows of a table. `errors`: by the position of the contestant. */
export function rowsOf(
  contestants: readonly Pick<Contestant, 'name'>[],
  rounds: readonly (readonly PairResult[])[],
  errors: ReadonlyMap<number, string>,
): Row[] {
  const [baseline = [], control = []] = rounds;
  return contestants.map(({ name }, at): Row => {
    const error = errors.get(at) ?? errors.get(0);
    if (error !== undefined) return { name, error };
    const own = rounds[at] ?? [];
    const figure = (of: (round: PairResult) => number): Figure =>
      figureOf(own.map(of), baseline.map(of), errors.has(1) ? [] : control.map(of));
    const hasLatency = own.some(({ latencyUs }) => latencyUs !== undefined);
    return {
      name,
      callsPerSecond: figure(({ calls, seconds }) => calls / seconds),
      cpuUsPerCall: figure(({ cpuUsPerCall }) => cpuUsPerCall),
      ...(hasLatency && { p50: figure(({ latencyUs }) => latencyUs?.p50 ?? 0) }),
    };
  });
}

function figureOf(own: readonly number[], baseline: readonly number[], control: readonly number[]): Figure {
  const ratio = ratioRange(own, baseline);
  if (control.length === 0) return { median: median(own), ratio, isWithinNoise: false };
  const same = ratioRange(control, baseline);
  const noise = Math.max(Math.abs(same.low - 1), Math.abs(same.high - 1));
  return { median: median(own), ratio, isWithinNoise: Math.abs(ratio.median - 1) <= noise };
}
