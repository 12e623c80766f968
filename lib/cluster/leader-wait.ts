import type { RpcError } from '../errors.js';
import { Obstacles } from '../obstacles.js';
import { clearTimeout, setTimeout } from '../timers.js';

/** Wait for a Leader, from the loss of a role to the next: the reason for the wait, and a report when it takes too long. */
export class LeaderWait {
  readonly #obstacles = new Obstacles();
  readonly #timer: NodeJS.Timeout;
  #obstacle: RpcError | undefined;

  /** Calls `onLate` once, where the wait takes longer than `timeoutMs`. */
  constructor(timeoutMs: number, onLate: () => void) {
    this.#timer = setTimeout(onLate, timeoutMs);
  }

  /** The latest reason; undefined before the first attempt has failed. */
  get obstacle(): RpcError | undefined {
    return this.#obstacle;
  }

  /** Keeps the reason, without a report. */
  note(obstacle: RpcError): void {
    this.#obstacle = obstacle;
  }

  /** Keeps the reason. True once for each kind of reason, which each further attempt meets again. */
  isNew(obstacle: RpcError): boolean {
    this.#obstacle = obstacle;
    return this.#obstacles.isNew(obstacle);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
