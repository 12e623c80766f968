import type { RpcError, RpcErrorDetail } from '../errors.js';
import type { Explained } from '../explain-timing.js';
import type { OptionNames } from '../unknown-options.js';
import type { FailOptions } from './fail-mode.js';

/** Options of one call, given by `.with(options)` of a proxy. */
export interface CallOptions extends FailOptions {
  /**
   * Deadline of the call: routing, filters, connecting and the remote method together. For a stream: of the whole stream;
   * without this option, the client's `timeout` bounds the time to the first item.
   * Unit: ms. Range: 1 to 2^31 - 1.
   * @default the client's `timeout`
   */
  readonly timeout?: number | undefined;
  /**
   * For a stream: how long its reader waits for the next item. 0: no limit. The first item is bounded by the timeout.
   * Unit: ms. Range: 0 to 2^31 - 1.
   * @default the client's `streamIdleTimeout`
   */
  readonly idleTimeout?: number | undefined;
  /** The method may run twice for this call: failure modes may then repeat a call that may have run. @default false */
  readonly idempotent?: boolean | undefined;
  /** Value that travels beside the arguments, for `callContext().meta` of the method. Stock peers are not sent it. */
  readonly meta?: unknown;
  /**
   * Items that travel beside the arguments, for `callContext().stream` of the method: an AsyncIterable (an async generator, a
   * Readable of Node) or a ReadableStream of the web. The source is asked for no more than the method has taken and a window. The source is
   * asked to end (`return()`, `cancel()`) when the method wants no more, when the call is answered, and when the call fails. A source
   * that fails ends the call with `ERR_RPC_UPLOAD`. A call of which an item was taken from the source is made once only, in every
   * `failMode`. Not for calls of all servers nor for one-way calls: `ERR_RPC_INVALID_ARGUMENT`.
   */
  readonly stream?: AsyncIterable<unknown> | ReadableStream<unknown> | undefined;
  /**
   * Signal that cancels the call: the call rejects with `ERR_RPC_CANCELLED`. A call that was not sent yet is never sent.
   * For a call that was sent, the server is notified, and its method sees that in `callContext().signal`. A one-way call
   * that was sent is over already.
   */
  readonly signal?: AbortSignal | undefined;
}

export const CALL_OPTION_NAMES = Object.freeze({
  failMode: true,
  idempotent: true,
  idleTimeout: true,
  meta: true,
  retryConnectTime: true,
  retryTimes: true,
  signal: true,
  stream: true,
  timeout: true,
}) satisfies OptionNames<CallOptions>;

export const CALL_DEFAULTS = Object.freeze({ idempotent: false }) satisfies CallOptions;

/** Facts that a server gives with its refusal of a call. */
export type Refusal = Pick<RpcErrorDetail, 'retryAfter' | 'issues'>;

/** Details for the error of a late call, beside the time in each stage. */
export interface LateDetail extends Explained {
  readonly cause?: unknown;
  readonly connectAttempts?: number;
}

/** Stands between the answer of a call, be it a result or the method's error, and its caller. */
export interface AnswerStage<Call> {
  /** Must settle the call, now or later, with this outcome or another. */
  filterAnswer(call: Call, error: RpcError | undefined, results: readonly unknown[]): void;
}

/** Judges a server by how its calls end. */
export interface CallWatcher {
  answered(): void;
  failed(error: RpcError): void;
}

/** How a call ends: an error, or all of the method's results. */
export type Settle = (error: RpcError | undefined, results: readonly unknown[]) => void;
