import type { Filled } from '../lib/options.js';

/** Tokens live so long. Source: Finagle, RetryBudget's `ttl`. */
const LIFE_MS = 10_000;
const SLOTS = 10;
const SLOT_MS = LIFE_MS / SLOTS;

/** How many retries a client may make in all, over the calls to one server type. Source: Finagle's RetryBudget. */
export interface RetryBudgetOptions {
  /**
   * Retries for each call that was made in the last 10 s.
   * Unit: retries a call. Range: 0 to 1. Source: Finagle.
   * @default 0.2
   */
  readonly ratio?: number | undefined;
  /**
   * Retries that are allowed beside those, so that a quiet client may retry at all.
   * Unit: retries a second. Range: from 0. Source: Finagle.
   * @default 10
   */
  readonly minPerSecond?: number | undefined;
}

export const RETRY_BUDGET_DEFAULTS = Object.freeze({ ratio: 0.2, minPerSecond: 10 }) satisfies RetryBudgetOptions;

/**
 * On a bad day everything fails, and retries of everything make it worse. Calls earn tokens, retries spend them, and
 * where there are none a call fails with what it has met.
 */
export class RetryBudget {
  readonly #ratio: number;
  readonly #reserve: number;
  /** Retries earned less retries spent, in each of the last seconds. */
  readonly #slots = new Float64Array(SLOTS);
  #slot = Number.NaN;

  constructor({ ratio, minPerSecond }: Filled<RetryBudgetOptions>) {
    this.#ratio = ratio;
    this.#reserve = (minPerSecond * LIFE_MS) / 1000;
  }

  /** A call was made at `now`, on the clock of `performance.now()`. */
  earn(now: number): void {
    this.#add(now, this.#ratio);
  }

  /** False when there is nothing left. */
  spend(now: number): boolean {
    this.#add(now, 0);
    const balance = this.#slots.reduce((sum, slot) => sum + slot, this.#reserve);
    // Fifths do not add up to ones exactly.
    if (balance < 1 - 1e-9) return false;
    this.#add(now, -1);
    return true;
  }

  #add(now: number, amount: number): void {
    const slot = Math.floor(now / SLOT_MS);
    if (!(slot <= this.#slot)) {
      const passed = Number.isNaN(this.#slot) ? SLOTS : Math.min(SLOTS, slot - this.#slot);
      for (let back = 0; back < passed; back++) this.#slots[(slot - back) % SLOTS] = 0;
      this.#slot = slot;
    }
    const at = this.#slot % SLOTS;
    this.#slots[at] = (this.#slots[at] as number) + amount;
  }
}
