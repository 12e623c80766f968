import { describeEndpoint, type Endpoint } from '../endpoint.js';
import { RpcCode, RpcError } from '../errors.js';
import type { AuthChallenge, AuthOffer } from '../protocol/auth-message.js';
import type { Codec } from '../protocol/codec.js';
import type { PortHolder } from '../protocol/message.js';
import type { StreamWindow } from '../protocol/stream-window.js';
import type { Term } from '../term.js';

/** Parameters of a registration. */
export interface Registering {
  readonly endpoint: Endpoint;
  /** The channel to register on: a server's id, or a shared client's name. */
  readonly channel: string;
  /** Codec names to offer, the preferred one first. */
  readonly codecs: readonly string[];
  /** Custom codec at both ends, also toward stock peers. No other codec is offered then. */
  readonly transcode?: Codec;
  /** Largest frame that this end accepts. Unit: bytes */
  readonly maxFrameBytes: number;
  /** How far a stream of results may be ahead of its consumer here. Undefined: this end takes no streams. */
  readonly streamWindow?: StreamWindow;
  /**
   * Asks a Leader that refuses which process holds the port. A Leader answers only peers on the same machine, and those with a proven
   * identity. By default, asks from the second registration on, after one was refused for want of a Leader.
   */
  readonly asksHolder?: boolean;
  /** Called with the process that holds the port, where a Leader that refuses names that process. */
  readonly onHolder?: ((holder: PortHolder) => void) | undefined;
  /** Time after which the Leader is to give the reason why it has not accepted. Not above the time that is left. Unit: ms */
  readonly answerWithin?: number;
  /** Name of the client, for the server's methods and logs. */
  readonly clientId?: string | undefined;
  /** This end is a server that waits for the end of the Leader. The Leader lists it as such. */
  readonly isStandby?: boolean | undefined;
  /** Proves a secret to the Leader, and has the Leader prove it first. Undefined: this end has no secret. */
  readonly secrets?: Prover | undefined;
  /** Place that both ends have in their options, for the proofs. @default none */
  readonly place?: string | undefined;
  /** Makes the token for the Leader's `authenticate`, for each registration anew. Undefined: this end has none. */
  readonly token?: (() => unknown) | undefined;
  /** Terms of Leaders that this end knows, by channel. Undefined: any term is accepted. */
  readonly terms?: TermMemory | undefined;
}

/** Highest terms of Leaders, by the id of the server or the name of the shared client. */
export interface TermMemory {
  /** Notes the term that a Leader has announced. Returns why that Leader leads no more, in words; undefined for one that may lead. */
  take(id: string, term: Term): string | undefined;
  /** True where a later term is known, or the term is one of another store than that of the registry. */
  isStale(id: string, term: Term): boolean;
  /** Calls `onChange` when the highest term of the id has changed. Returns how to stop that. */
  watch(id: string, onChange: () => void): () => void;
}

/** Secrets of this end. */
interface Prover {
  begin(context: ProverContext): ProofAttempt;
}

interface ProverContext {
  readonly channel: string;
  readonly place: string;
  /** Key material of the TLS connection; undefined without TLS. */
  readonly binding: Uint8Array | undefined;
}

/** The proof of one registration. */
export interface ProofAttempt {
  readonly offer: AuthOffer;
  /** Checks the Leader's proof, and returns this end's own. Undefined where the Leader has proven nothing. */
  prove(challenge: AuthChallenge): string | undefined;
}

/** The error of a registration that has failed. */
export function refused({ endpoint, channel }: Registering, why: string, cause?: unknown): RpcError {
  const message = `${describeEndpoint(endpoint)} did not accept the registration on "${channel}": ${why}`;
  return new RpcError(RpcCode.Register, message, { cause });
}

/** The error of a Leader whose term is over. Nothing but the registration was sent to it. */
export function staleLeader({ endpoint }: Registering, why: string): RpcError {
  return new RpcError(RpcCode.StaleLeader, `${describeEndpoint(endpoint)} is not called: ${why}`);
}

/** The error of a registration that failed for want of a proof or a token, at either end. */
export function unauthenticated(asked: Registering, why: string, cause?: unknown): RpcError {
  return refused(asked, why, new RpcError(RpcCode.Unauthenticated, why, { cause }));
}
