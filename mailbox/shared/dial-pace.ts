import { mayTake } from '../../lib/serving/caller-share.js';
import { clearTimeout, setTimeout } from '../../lib/timers.js';

/** Attempts to connect that may be under way at once, over all processes of a share. Each holds a descriptor. */
const MAX_DIALLING = 256;
/** Share of the attempts that are not under way, which one process may begin. */
const PROCESS_SHARE = 0.7;
/** Attempts to connect that may begin within {@link PAUSE_MS}, over all processes. An attempt that fails takes about 0.5 ms. */
const MAX_PER_PAUSE = 32;
/** Unit: ms */
const PAUSE_MS = 100;

/** The attempts that wait in one process's gate. */
export interface WaitingAttempts {
  readonly waiting: number;
  /** Begins the attempt that has waited longest. False where no attempt may begin now. */
  beginNext(): boolean;
}

/**
 * Limits how often, and how many at once, the Leader of a share dials for other processes. The processes take turns, so that the
 * attempts for one do not wait behind thousands for another.
 */
export class DialPace {
  #dialling = 0;
  #begun = 0;
  #timer: NodeJS.Timeout | undefined;
  /** Gates with attempts that wait. The gate whose turn comes first is the first. */
  readonly #waiting = new Set<WaitingAttempts>();

  /** True where a process with `own` attempts under way may begin one more. */
  mayBegin(own: number): boolean {
    return this.#begun < MAX_PER_PAUSE && mayTake(own, this.#dialling, MAX_DIALLING, PROCESS_SHARE);
  }

  begin(): void {
    this.#dialling += 1;
    this.#begun += 1;
    this.#timer ??= setTimeout(() => this.#onPause(), PAUSE_MS).unref();
  }

  ended(): void {
    this.#dialling -= 1;
    this.#next();
  }

  /** An attempt waits in this gate. */
  wait(gate: WaitingAttempts): void {
    this.#waiting.add(gate);
  }

  #onPause(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#begun = 0;
    this.#next();
  }

  /** Lets waiting attempts begin, one of each process in turn, as many as there is room for. */
  #next(): void {
    for (let hasBegun = true; hasBegun; ) {
      hasBegun = false;
      for (const gate of [...this.#waiting]) {
        if (this.#begun >= MAX_PER_PAUSE) return;
        if (gate.beginNext()) {
          hasBegun = true;
          this.#waiting.delete(gate);
          this.#waiting.add(gate);
        }
        if (gate.waiting === 0) this.#waiting.delete(gate);
      }
    }
  }
}
