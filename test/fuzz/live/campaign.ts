import type { TransportUnderTest } from '../../transport/conformance/transports.js';
import { type Figures, Siege } from './siege.js';

export interface CampaignOptions {
  readonly transports: readonly TransportUnderTest[];
  readonly seed: number;
  /** Begins no further round after this time. Unit: ms */
  readonly durationMs: number;
  /** @default no bound */
  readonly rounds?: number;
  /** Called after each turn with one transport. */
  readonly onTurn?: (transport: TransportUnderTest, figures: Figures) => void;
}

/** Time with one transport before the next one has its turn. Unit: ms */
const TURN_MS = 20_000;

/**
 * Attacks a target over each transport in turn, round after round, until the time is over. Rejects at the first promise that a
 * target breaks, with the command that repeats the round.
 */
export async function campaign(t: Parameters<typeof Siege.lay>[0], options: CampaignOptions): Promise<void> {
  const { transports, seed, durationMs, rounds = Number.POSITIVE_INFINITY, onTurn } = options;
  const endsAt = performance.now() + durationMs;
  const turnMs = Math.min(TURN_MS, durationMs / transports.length);
  const sieges = new Map<TransportUnderTest, Siege>();
  let done = 0;
  while (performance.now() < endsAt && done < rounds) {
    for (const transport of transports) {
      const siege = sieges.get(transport) ?? (await Siege.lay(t, transport));
      sieges.set(transport, siege);
      const turnEndsAt = performance.now() + turnMs;
      do {
        await round(siege, seed + done++);
      } while (performance.now() < turnEndsAt && done < rounds);
      onTurn?.(transport, siege.figures);
      if (done >= rounds) return;
    }
  }
}

async function round(siege: Siege, seed: number): Promise<void> {
  try {
    await siege.round(seed);
  } catch (error) {
    const again = `npm run fuzz -- --only '${siege.transport.name}' --seed ${seed} --rounds 1`;
    throw new Error(`${(error as Error).message}\nThis round again: ${again}`, { cause: error });
  }
}
