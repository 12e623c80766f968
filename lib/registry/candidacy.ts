import { outsideContexts } from '../async-context.js';
import type { Term } from '../term.js';
import { delay } from '../timers.js';
import type { CandidateHandler, Election, ElectionCandidate } from './election.js';

/** Pause of a Leader that cannot do its work: another candidate leads meanwhile. Unit: ms */
const TURN_MS = 1_000;

/** Part of a process in an election, which may let others go before it. A candidate that has resigned does not come back: another one does. */
export class Candidacy {
  readonly #election: Election;
  readonly #handler: CandidateHandler;
  readonly #closing = new AbortController();
  #candidate: ElectionCandidate;

  constructor(election: Election, handler: CandidateHandler) {
    this.#election = election;
    this.#handler = handler;
    this.#candidate = election.candidate(handler);
  }

  /** Term of the process while it leads: the same object during a term. */
  get term(): Term | undefined {
    return this.#candidate.term;
  }

  /** True once the process has left the election for good. */
  get isOver(): boolean {
    return this.#closing.signal.aborted;
  }

  campaign(): void {
    this.#candidate.campaign();
  }

  announce(url: string): Promise<void> {
    return this.#candidate.announce(url);
  }

  /** Lets another candidate lead, and campaigns again after a second. */
  passTurn(): void {
    outsideContexts(() => void this.#waitForTurn());
  }

  /** Leaves the election for good: the next candidate leads at once. */
  async resign(): Promise<void> {
    this.#closing.abort();
    await this.#candidate.resign();
  }

  async #waitForTurn(): Promise<void> {
    const { signal } = this.#closing;
    await this.#candidate.resign();
    await delay(TURN_MS, undefined, { signal, ref: false }).catch(() => {});
    if (signal.aborted) return;
    this.#candidate = this.#election.candidate(this.#handler);
    this.#candidate.campaign();
  }
}
