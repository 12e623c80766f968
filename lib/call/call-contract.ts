import type { Explained } from '../call-timing.js';
import type { RpcError } from '../errors.js';
import type { FailOptions } from './fail-mode.js';

/** What a caller may say about one call. */
export interface CallOptions extends FailOptions {
  /** One deadline for all of it: routing, filters, connecting, the remote method. ms, 1 to 2^31 - 1. @default the client's `timeout` */
  readonly timeout?: number;
  /** May be executed twice: failure modes may then repeat it although it may have run. @default false */
  readonly idempotent?: boolean;
  /** A value of the caller's own that travels beside the arguments; stock peers are not sent it. */
  readonly meta?: unknown;
  /**
   * Ends the call when it aborts, with `ERR_RPC_CANCELLED`: not yet sent, it never is; sent, the server is told, whose
   * method sees it in `callContext().signal`. A one-way call that was sent is over already.
   */
  readonly signal?: AbortSignal | undefined;
}

/** What the error of a late call can say beside how long the call was where. */
export interface LateDetail extends Explained {
  readonly cause?: unknown;
  readonly connectAttempts?: number;
}

/** Whoever judges a server by how its calls end. */
export interface CallWatcher {
  answered(): void;
  failed(error: RpcError): void;
}

/** How a call ends: an error, or all of the method's results. */
export type Settle = (error: RpcError | undefined, results: readonly unknown[]) => void;
