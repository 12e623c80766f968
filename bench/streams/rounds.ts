import type { CorePair } from '../cores.js';
import { type Contestant, rotated } from '../scenario.js';
import type { StreamLoad } from './host-protocol.js';
import { StreamPair, type StreamRound } from './pair.js';

/** Result of one peer under one load: each round, or the first thing that went wrong. */
export type PeerRounds =
  | { readonly name: string; readonly rounds: readonly StreamRound[] }
  | { readonly name: string; readonly error: string };

export interface RoundSettings {
  readonly rounds: number;
  readonly warmUps: number;
  readonly cores: CorePair | undefined;
}

/** Measures the peers in turns, each in two new processes. A peer that fails takes no further part; the others go on. */
export async function runLoad(
  load: StreamLoad,
  contestants: readonly Contestant[],
  settings: RoundSettings,
): Promise<PeerRounds[]> {
  const peers = contestants.map((contestant) => new Measurement(contestant));
  try {
    for (const peer of peers) await peer.start(load, settings);
    for (let round = 0; round < settings.rounds; round++) {
      for (const peer of rotated(peers, round)) await peer.runRound(load);
    }
    return peers.map((peer) => peer.result());
  } finally {
    for (const peer of peers) await peer.stop();
  }
}

/** The methods do not reject: after the first failure they do nothing. */
class Measurement {
  readonly #contestant: Contestant;
  readonly #rounds: StreamRound[] = [];
  #pair: StreamPair | undefined;
  #error: string | undefined;

  constructor(contestant: Contestant) {
    this.#contestant = contestant;
  }

  start(load: StreamLoad, { warmUps, cores }: RoundSettings): Promise<void> {
    return this.#attempt(async () => {
      this.#pair = await StreamPair.start(this.#contestant, cores);
      for (let round = 0; round < warmUps; round++) await this.#pair.run(load);
    });
  }

  runRound(load: StreamLoad): Promise<void> {
    return this.#attempt(async () => {
      const round = await this.#pair?.run(load);
      if (round !== undefined) this.#rounds.push(round);
    });
  }

  result(): PeerRounds {
    const { name } = this.#contestant;
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
      await this.stop(); // the rest of the peer must not take CPU from the others
    }
  }
}
