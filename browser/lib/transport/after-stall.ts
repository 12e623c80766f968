import { performance } from '../timers.js';

// A page does not know of stalls, see event-loop.ts: a deadline counts when its timer fires.

export function bytesRead(): void {}

/** Time that is left of a call. Whole ms. */
export function timeLeft(deadline: number, now = performance.now()): number {
  return Math.ceil(deadline - now);
}

export class AfterStall {
  readonly #work: () => void;

  constructor(work: () => void, ..._others: boolean[]) {
    this.#work = work;
  }

  run(_dueAt: number): void {
    this.#work();
  }

  cancel(): void {}
}
