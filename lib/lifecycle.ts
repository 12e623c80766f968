/** For each state, the states that may follow it. */
export type Transitions<S extends string> = Readonly<Record<S, readonly NoInfer<S>[]>>;

/**
 * A named state, and the only function that changes the state. Work that must happen on a move belongs in `onMove`, so that no
 * caller can forget that work.
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
   * Moves to another state. Returns false, and changes nothing, where the table does not allow the move. A late event (a
   * connection that is made after a close) is refused in this way; the caller then cleans up what the event brought.
   */
  move(to: S, reason?: Error): boolean {
    const from = this.#state;
    if (!this.#transitions[from].includes(to)) return false;
    this.#state = to;
    this.#onMove(to, from, reason);
    return true;
  }
}
