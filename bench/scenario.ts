import type { CorePair } from './cores.js';
import type { PayloadName } from './payload.js';
import { type PairResult, PeerPair } from './peer-pair.js';

export interface Scenario {
  readonly payload: PayloadName;
  readonly inFlight: number;
}

/** A peer that takes part, under a name of its own. */
export interface Contestant {
  readonly name: string;
  /** Name of the module. */
  readonly url: string;
}

export interface RoundSettings {
  readonly rounds: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  /** Where the two ends are kept; undefined: where the scheduler puts them. */
  readonly cores: CorePair | undefined;
}

/** What one peer did in one scenario: every round, or the first thing that went wrong. */
export type PeerRounds =
  | { readonly name: string; readonly rounds: readonly PairResult[] }
  | { readonly name: string; readonly error: string };

/**
 * Measures the peers in turns. Each gets two fresh processes, so that no scenario inherits another's heap, or code
 * that was compiled for other calls; and the rounds are interleaved (A B C, B C A, ...), so that what slows the
 * machine for some seconds falls on all of them, and no peer always has the same neighbour.
 *
 * Garbage is not collected between rounds: a forced collection also shrinks V8's young generation, and the round that
 * follows pays for growing it again (limit-json against itself, 64 and 512 in flight: ratios of 0.71 to 0.80).
 *
 * A peer that fails takes no further part; the others go on.
 */
export async function runScenario(
  scenario: Scenario,
  peers: readonly Contestant[],
  settings: RoundSettings,
): Promise<PeerRounds[]> {
  const measurements = peers.map((peer) => new Measurement(peer));
  try {
    for (const measurement of measurements) await measurement.start(settings.cores);
    for (const measurement of measurements) await measurement.warmUp(scenario, settings.warmUpSeconds);
    for (let round = 0; round < settings.rounds; round++) {
      for (const measurement of rotated(measurements, round)) await measurement.runRound(scenario, settings.seconds);
    }
    return measurements.map((measurement) => measurement.result());
  } finally {
    await Promise.all(measurements.map((measurement) => measurement.stop()));
  }
}

/** [a, b, c] rotated by one is [b, c, a]. */
export function rotated<T>(items: readonly T[], by: number): T[] {
  const start = by % Math.max(items.length, 1);
  return [...items.slice(start), ...items.slice(0, start)];
}

/** One peer's part in a scenario. Its methods do not reject: after the first failure they do nothing. */
class Measurement {
  readonly #peer: Contestant;
  readonly #rounds: PairResult[] = [];
  #pair: PeerPair | undefined;
  #error: string | undefined;

  constructor(peer: Contestant) {
    this.#peer = peer;
  }

  start(cores: CorePair | undefined): Promise<void> {
    return this.#attempt(async () => {
      this.#pair = await PeerPair.start(this.#peer.name, this.#peer.url, { cores });
    });
  }

  warmUp(scenario: Scenario, seconds: number): Promise<void> {
    return this.#attempt(async () => {
      await this.#pair?.run({ ...scenario, seconds });
    });
  }

  runRound(scenario: Scenario, seconds: number): Promise<void> {
    return this.#attempt(async () => {
      const result = await this.#pair?.run({ ...scenario, seconds });
      if (result !== undefined) this.#rounds.push(result);
    });
  }

  result(): PeerRounds {
    const { name } = this.#peer;
    return this.#error === undefined ? { name, rounds: this.#rounds } : { name, error: this.#error };
  }

  async stop(): Promise<void> {
    const pair = this.#pair;
    this.#pair = undefined;
    await pair?.stop();
  }

  async #attempt(step: () => Promise<void>): Promise<void> {
    if (this.#error !== undefined) return;
    try {
      await step();
    } catch (error) {
      this.#error = error instanceof Error ? error.message : String(error);
      await this.stop(); // what is left of it must not take CPU from the others
    }
  }
}
