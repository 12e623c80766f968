import type { CallOutcome } from '../lib/call-outcome.js';
import type { RpcCode } from '../lib/errors.js';
import type { ConnectedPeer } from '../lib/server-info.js';

/** A call that has ended at the server. */
export interface EndedCall {
  /** Name of the method, as the caller wrote it: any text, where no such method exists. */
  readonly method: string;
  /**
   * - `ok`: the method has answered, and all items of a stream are sent.
   * - `failed`: the method failed, or the result could not be sent.
   * - `refused`: the method did not run.
   * - `late`: the method answered when the deadline of the caller had passed.
   * - `left`: the caller cancelled the call, wanted no more of a stream, or lost the connection, before the method answered.
   * - `unanswered`: the method has not answered, and the server has stopped to wait for the answer (`abandonedTimeout`).
   */
  readonly outcome: CallOutcome;
  /** Code of the failure: `ERR_RPC_REMOTE` where the method failed. Undefined for `ok`, and for an `unanswered` one-way call. */
  readonly code: RpcCode | undefined;
  /** Error of the method, or the error of the refusal; undefined where there is none. */
  readonly error: Error | undefined;
  /** Time from the arrival of the call to the end, queue and filters included; 0 for a call that was refused on arrival. Unit: ms. */
  readonly duration: number;
  /** True for a call that has no answer. */
  readonly oneway: boolean;
  /** True for a call whose results are a stream. */
  readonly stream: boolean;
  /** Caller; undefined behind a custom acceptor that reports none. */
  readonly caller: ConnectedPeer | undefined;
}
