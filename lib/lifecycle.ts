/** For each state, the states that may follow it. */
export type Transitions<S extends string> = Readonly<Record<S, readonly NoInfer<S>[]>>;

/**
 * One named state, and the only function that changes it.
 * What must happen on a move lives in `onMove`, so that no caller can forget it.
 */
export class Lifecycle<S extends string> {
  #state: S;
  readonly #transitions: Transitions<S>;
  readonly #onMove: (to: S, from: S, reason: Error | undefined) => void;

  constructor(initial: S, transitions: Transitions<S>, onMove: (to: S, from: S, reason: Error | undefined) => void) {
    this.#state = initial;
    this.#transitions = transitions;
    this.#onMove = onMove;
  }

  get state(): S {
    return this.#state;
  }

  /**
   * False, and nothing changes, where the table does not allow the move: a late event (a connect that lands after
   * close) is refused here, and whoever lost the race cleans up what it made.
   */
  move(to: S, reason?: Error): boolean {
    const from = this.#state;
    if (!this.#transitions[from].includes(to)) return false;
    this.#state = to;
    this.#onMove(to, from, reason);
    return true;
  }
}
