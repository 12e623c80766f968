import type { CorePair } from '../cores.js';
import { rotated } from '../scenario.js';
import { median, type RatioRange, ratioRange } from '../statistics.js';
import type { Series, Step } from './series.js';
import { type GrowthRound, World } from './world.js';

export interface GrowthSettings {
  readonly rounds: number;
  readonly seconds: number;
  /** Upper bound of the warm-up of one size. */
  readonly warmUpSeconds: number;
  /** Cores of the servers and of the callers; undefined: where the scheduler puts them. */
  readonly cores: CorePair | undefined;
}

/** Figures of one step: medians of the rounds, and ratios to the smallest step of the same contestant in the same round. */
export interface StepFigures {
  readonly size: number;
  readonly callsPerSecond: number;
  readonly rateRatio: RatioRange;
  readonly cpuUs: number;
  readonly cpuRatio: RatioRange;
  readonly serverUs: number;
  readonly serverRatio: RatioRange;
  readonly heldUs?: number;
}

/** `error`: the first failure. The steps of the contestant after it were not measured. */
export interface KindFigures {
  readonly kind: string;
  readonly steps: readonly StepFigures[];
  readonly error?: string;
}

export interface SeriesFigures extends Pick<Series, 'name' | 'title' | 'unit'> {
  readonly kinds: readonly KindFigures[];
}

interface Turn {
  readonly kind: string;
  readonly step: Step;
  readonly rounds: GrowthRound[];
  world: World | undefined;
}

/**
 * Measures the steps of all contestants in turns: each step has processes of its own, and the order of the rounds rotates.
 * A contestant that fails takes no further part.
 */
export async function runSeries(
  series: Series,
  urlOf: (kind: string) => string,
  settings: GrowthSettings,
): Promise<SeriesFigures> {
  const turns = series.kinds.flatMap((kind) =>
    series.steps.map((step): Turn => ({ kind, step, rounds: [], world: undefined })),
  );
  const errors = new Map<string, string>();
  const attempt = async ({ kind }: Turn, what: () => Promise<void>): Promise<void> => {
    if (errors.has(kind)) return;
    try {
      await what();
    } catch (error) {
      errors.set(kind, error instanceof Error ? error.message : String(error));
    }
  };
  try {
    for (const turn of turns) {
      const { kind, step } = turn;
      await attempt(turn, async () => {
        turn.world = await World.start(`${kind} ${step.size}`, urlOf(kind), step, settings.cores);
        await turn.world.warmUp(settings.warmUpSeconds);
      });
    }
    for (let round = 0; round < settings.rounds; round++) {
      for (const turn of rotated(turns, round)) {
        await attempt(turn, async () => {
          if (turn.world !== undefined) turn.rounds.push(await turn.world.run(settings.seconds));
        });
      }
    }
  } finally {
    await Promise.all(turns.map(({ world }) => world?.stop()));
  }
  const { name, title, unit, kinds } = series;
  return {
    name,
    title,
    unit,
    kinds: kinds.map((kind) => {
      const error = errors.get(kind);
      if (error !== undefined) return { kind, steps: [], error };
      const own = turns.filter((turn) => turn.kind === kind);
      const smallest = own[0]?.rounds ?? [];
      return { kind, steps: own.map(({ step, rounds }) => figuresOf(step.size, rounds, smallest)) };
    }),
  };
}

function figuresOf(size: number, rounds: readonly GrowthRound[], smallest: readonly GrowthRound[]): StepFigures {
  const middle = (of: (round: GrowthRound) => number): number => median(rounds.map(of));
  const ratio = (of: (round: GrowthRound) => number): RatioRange => ratioRange(rounds.map(of), smallest.map(of));
  const held = rounds.flatMap(({ heldUs }) => heldUs ?? []);
  return {
    size,
    callsPerSecond: middle((round) => round.callsPerSecond),
    rateRatio: ratio((round) => round.callsPerSecond),
    cpuUs: middle((round) => round.cpuUs),
    cpuRatio: ratio((round) => round.cpuUs),
    serverUs: middle((round) => round.serverUs),
    serverRatio: ratio((round) => round.serverUs),
    ...(held.length > 0 && { heldUs: median(held) }),
  };
}
