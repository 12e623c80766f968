import { RpcCode, RpcError, toError } from '../lib/errors.js';
import { Candidacy } from '../lib/registry/candidacy.js';
import type { Election } from '../lib/registry/election.js';
import type { Term } from '../lib/term.js';
import { clearTimeout, setTimeout } from '../lib/timers.js';

/** Part of the server that an election needs. */
export interface ElectedHost {
  /** Takes the port. `leads` says whether the term is the current one at this moment. Rejects where the port cannot be taken. */
  lead(term: Term, leads: () => boolean): Promise<void>;
  /** Another process leads. */
  standBy(): void;
  /** Ends the work of the Leader, who leads no more. The server campaigns again when the promise is settled. Never rejects. */
  depose(reason: RpcError): Promise<void>;
  /** Called for a failure after the start. */
  onError(error: RpcError): void;
}

/** Data of a start that is pending. */
interface Starting {
  readonly resolve: () => void;
  readonly reject: (error: RpcError) => void;
  readonly timer: NodeJS.Timeout;
}

/** The candidate of a server, and the work of the Leader: each of both ends before the other begins. */
export class Elected {
  /** The election in the middle of a sentence. */
  readonly description: string;
  readonly #host: ElectedHost;
  readonly #candidacy: Candidacy;
  /** Last change between leading and standing by. Never rejects. */
  #change = Promise.resolve();
  #starting: Starting | undefined;
  /** Last failure of the campaign. */
  #obstacle: RpcError | undefined;

  constructor(election: Election, host: ElectedHost) {
    this.description = election.description;
    this.#host = host;
    this.#candidacy = this.#enter(election);
  }

  /** Term of the server while it leads. */
  get term(): Term | undefined {
    return this.#candidacy.term;
  }

  /**
   * Begins to campaign. Resolves when the server leads, or another process does. Rejects with {@link RpcCode.Registry} where the registry does
   * not answer within `timeoutMs`, and where the server was elected and cannot lead.
   */
  async start(timeoutMs: number): Promise<void> {
    if (this.#candidacy.isOver) throw this.#left();
    try {
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => reject(this.#noElection(timeoutMs)), timeoutMs);
        this.#starting = { resolve, reject, timer };
        this.#candidacy.campaign();
      });
    } catch (error) {
      this.#ended();
      await this.resign();
      throw error;
    }
    this.#ended();
  }

  /** Leaves the election for good: the next candidate leads at once. Resolves when a change that was under way is over. */
  async resign(): Promise<void> {
    const resigned = this.#candidacy.resign();
    this.#starting?.reject(this.#left());
    await resigned;
    await this.#change;
  }

  #enter(election: Election): Candidacy {
    const candidacy = new Candidacy(election, {
      onElected: (term) => {
        clearTimeout(this.#starting?.timer);
        this.#change = this.#lead(term);
      },
      onDeposed: (reason) => {
        this.#change = this.#change.then(() => this.#host.depose(reason));
        return this.#change;
      },
      onFollowing: () => {
        this.#host.standBy();
        this.#starting?.resolve();
      },
      onObstacle: (reason) => {
        this.#obstacle = reason;
        if (this.#starting === undefined) this.#host.onError(reason);
      },
    });
    return candidacy;
  }

  async #lead(term: Term): Promise<void> {
    try {
      await this.#host.lead(term, () => this.#candidacy.term === term);
      this.#starting?.resolve();
    } catch (error) {
      const failure = error instanceof RpcError ? error : new RpcError(RpcCode.Listen, toError(error).message);
      if (this.#starting !== undefined) return this.#starting.reject(failure);
      if (this.#candidacy.isOver) return;
      this.#host.onError(failure);
      this.#candidacy.passTurn(); // a Leader without a port serves no call
    }
  }

  #ended(): void {
    clearTimeout(this.#starting?.timer);
    this.#starting = undefined;
  }

  #left(): RpcError {
    return new RpcError(RpcCode.Closed, `the server has left ${this.description}`);
  }

  #noElection(timeoutMs: number): RpcError {
    const why = this.#obstacle?.message ?? 'the registry has not answered';
    const message = `${this.description} did not take the server as a candidate within ${timeoutMs} ms (registryTimeout): ${why}`;
    return new RpcError(RpcCode.Registry, message, { cause: this.#obstacle });
  }
}
