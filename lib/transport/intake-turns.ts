import { performance, setImmediate } from '../timers.js';

/** Time for which all connections together may handle requests that wait, before sockets are read again. Unit: ms */
const TURN_MS = 10;
/** Time of one connection within a turn, where others wait too. Unit: ms */
const SLICE_MS = 1;

/** Part of the longest turn that is left of it one turn later. A turn of a second counts as one of 40 ms after 30 turns. */
const DECAY = 0.9;

/** Continues with the requests of one connection until this time, on the clock of `performance.now()`. */
export type ContinueUntil = (endsAt: number) => void;

/**
 * Connections with requests that wait for a later turn of the event loop. The connections share the time of each turn: a turn of
 * their own for each would hold the event loop for as long as there are connections.
 */
export class IntakeTurns {
  /** The connection whose turn comes first is the first. */
  readonly #waiting = new Set<ContinueUntil>();
  readonly #now: () => number;
  #immediate: NodeJS.Immediate | undefined;
  #began = 0;
  /** True from the moment on at which a connection waits, until none does at the end of a turn. */
  #wasBehind = false;
  /** Length of the longest recent turn meanwhile. Unit: ms */
  #longest = 0;
  /** Time since when the requests wait that are being handled; 0: they have just arrived. */
  #handlesSince = 0;

  /** `now`: a clock. Unit: ms */
  constructor(now = (): number => performance.now()) {
    this.#now = now;
  }

  /** True while connections wait: this process has more to do than one turn has time for. */
  get isBehind(): boolean {
    return this.#waiting.size > 0;
  }

  /**
   * Time for which the requests that are being handled have waited for turns, without the longest recent turn: one long method alone makes no busy
   * process. 0: they have just arrived. Unit: ms
   */
  get waitedMs(): number {
    if (this.#handlesSince === 0) return 0;
    const now = this.#now();
    return Math.max(0, now - this.#handlesSince - Math.max(this.#longest, now - this.#began));
  }

  /** Handles requests that wait since a time. 0: they have not waited for a turn. */
  handle(since: number, work: () => void): void {
    this.#handlesSince = since;
    try {
      work();
    } finally {
      this.#handlesSince = 0;
    }
  }

  /** True when requests have taken the time of this turn. The turn begins with the first question. */
  isOver(): boolean {
    const now = this.#now();
    if (this.#immediate !== undefined) return now - this.#began >= TURN_MS;
    this.#began = now;
    this.#immediate = setImmediate(this.#onTurn);
    return false;
  }

  wait(connection: ContinueUntil): void {
    this.#waiting.add(connection);
    if (this.#immediate === undefined) this.isOver();
    if (!this.#wasBehind) this.#longest = 0;
    this.#wasBehind = true;
  }

  /** The connection waits no more. */
  leave(connection: ContinueUntil): void {
    this.#waiting.delete(connection);
  }

  readonly #onTurn = (): void => {
    this.#immediate = undefined;
    this.#wasBehind = this.isBehind;
    if (!this.isBehind) return;
    this.#immediate = setImmediate(this.#onTurn); // first, so that the next turn comes whatever a request does
    let now = this.#now();
    this.#longest = Math.max(this.#longest * DECAY, now - this.#began);
    this.#began = now;
    const endsAt = now + TURN_MS;
    for (const next of this.#waiting) {
      this.#waiting.delete(next);
      next(this.isBehind ? Math.min(endsAt, now + SLICE_MS) : endsAt);
      now = this.#now();
      if (now >= endsAt) return;
    }
  };
}

/** The turns belong to the process, as its event loop does. */
export const intakeTurns = new IntakeTurns();
