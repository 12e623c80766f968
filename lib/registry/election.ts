import type { RpcError } from '../errors.js';
import type { Term } from '../term.js';
import type { ElectionState } from './election-state.js';

/** Options of an election. */
export interface ElectionOptions {
  /**
   * Time of the lease of a candidate. A Leader that dies is followed by the next one within this time and half a second; a Leader that is
   * cut off from the registry stops leading before that, at 0.8 of this time. The registry may grant a longer time.
   * Unit: ms. Range: 3000 to 60000.
   * @default 5_000
   */
  ttl?: number | undefined;
}

/** Receiver of what happens to a candidate. */
export interface CandidateHandler {
  /** Called when the candidate leads. `term` is higher than that of each Leader before, in the same store. */
  onElected(term: Term): void;
  /**
   * Called when the candidate leads no more, before another one can lead, unless its record was removed by hand. The candidate campaigns
   * again when the promise is settled.
   */
  onDeposed(reason: RpcError): void | Promise<void>;
  /** Called when the record of the candidate is in the registry and another candidate leads. May be called repeatedly. */
  onFollowing?(): void;
  /** Called for each failure while the candidate campaigns. The campaign goes on. */
  onObstacle(reason: RpcError): void;
}

/** One candidate of an election. */
export interface ElectionCandidate {
  /** State of the candidate; {@link ElectionCandidate.isLeader} says whether it leads now. */
  readonly state: ElectionState;
  /** Term of the candidate while it leads; undefined otherwise. */
  readonly term: Term | undefined;
  /**
   * Whether the candidate leads at this moment: compares clocks, so that the answer is right at the first statement after a stall of
   * the process, or after the machine was suspended.
   */
  isLeader(): boolean;
  /** Begins to compete. Returns at once; a second call does nothing. */
  campaign(): void;
  /**
   * Shows observers of the election where the Leader can be reached. Resolves when they can see it, or when the candidate leads no
   * more. Never rejects.
   */
  announce(url: string): Promise<void>;
  /** Leaves the election for good; the next candidate leads at once. Resolves after a second at the latest. Never rejects. */
  resign(): Promise<void>;
}

/** Leader of an election, as other processes see it. */
export interface ElectedLeader {
  readonly term: Term;
  /** Place that the Leader has announced: `tcp://10.0.0.5:40123`. Undefined until then. */
  readonly url: string | undefined;
}

/** Receiver of the Leaders of an election. */
export interface LeaderObserver {
  /** Called with the Leader of now, and after each change. Undefined: there is no candidate. */
  onLeader(leader: ElectedLeader | undefined): void;
  /** Called for each failure to read the registry. The last Leader stays. */
  onObstacle(reason: RpcError): void;
}

/** An election that is observed. */
export interface Observation {
  /** Ends the observation. Never rejects. */
  close(): Promise<void>;
}

/** An election over all machines of a registry, which `registry.election(name)` makes. At most one candidate leads at a time. */
export interface Election {
  /** Name of the election, unique in the namespace of the registry. */
  readonly name: string;
  /** The election in the middle of a sentence. */
  readonly description: string;
  /** Registry that made the election. */
  readonly registry: object;
  /** Makes a candidate. Nothing is sent before {@link ElectionCandidate.campaign}. */
  candidate(handler: CandidateHandler): ElectionCandidate;
  /** Follows who leads, without being a candidate. */
  observe(observer: LeaderObserver): Observation;
}
