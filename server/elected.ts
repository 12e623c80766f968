import { outsideContexts } from '../lib/async-context.js';
import { RpcCode, RpcError, toError } from '../lib/errors.js';
import type { Election, ElectionCandidate } from '../lib/registry/election.js';
import type { Term } from '../lib/term.js';
import { clearTimeout, delay, setTimeout } from '../lib/timers.js';

/** Pause of a Leader that could not take the port: another candidate leads meanwhile. Unit: ms */
const TURN_MS = 1_000;

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
  readonly #election: Election;
  readonly #host: ElectedHost;
  readonly #closing = new AbortController();
  #candidate: ElectionCandidate;
  /** Last change between leading and standing by. Never rejects. */
  #change = Promise.resolve();
  #starting: Starting | undefined;
  /** Last failure of the campaign. */
  #obstacle: RpcError | undefined;

  constructor(election: Election, host: ElectedHost) {
    this.description = election.description;
    this.#election = election;
    this.#host = host;
    this.#candidate = this.#newCandidate();
  }

  /** Term of the server while it leads. */
  get term(): Term | undefined {
    return this.#candidate.term;
  }

  /**
   * Begins to campaign. Resolves when the server leads, or another process does. Rejects with {@link RpcCode.Registry} where the registry does
   * not answer within `timeoutMs`, and where the server was elected and cannot lead.
   */
  async start(timeoutMs: number): Promise<void> {
    if (this.#closing.signal.aborted) throw this.#left();
    try {
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => reject(this.#noElection(timeoutMs)), timeoutMs);
        this.#starting = { resolve, reject, timer };
        this.#candidate.campaign();
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
    this.#closing.abort();
    this.#starting?.reject(this.#left());
    await this.#candidate.resign();
    await this.#change;
  }

  #newCandidate(): ElectionCandidate {
    const candidate = this.#election.candidate({
      onElected: (term) => {
        clearTimeout(this.#starting?.timer);
        this.#change = this.#lead(candidate, term);
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
    return candidate;
  }

  async #lead(candidate: ElectionCandidate, term: Term): Promise<void> {
    try {
      await this.#host.lead(term, () => candidate.term === term);
      this.#starting?.resolve();
    } catch (error) {
      const failure = error instanceof RpcError ? error : new RpcError(RpcCode.Listen, toError(error).message);
      if (this.#starting !== undefined) return this.#starting.reject(failure);
      if (this.#closing.signal.aborted) return;
      this.#host.onError(failure);
      outsideContexts(() => void this.#waitForTurn());
    }
  }

  /** A Leader without a port serves no call. Another process takes the place. */
  async #waitForTurn(): Promise<void> {
    const { signal } = this.#closing;
    await this.#candidate.resign();
    await delay(TURN_MS, undefined, { signal, ref: false }).catch(() => {});
    if (signal.aborted) return;
    this.#candidate = this.#newCandidate();
    this.#candidate.campaign();
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
