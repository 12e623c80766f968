import type { CallContext, ServedCall } from '../call-context.js';
import { RpcCode, RpcError } from '../errors.js';
import { identityOf } from '../identity.js';
import type { TraceFields } from '../protocol/trace-item.js';
import type { ConnectedPeer } from '../server-info.js';
import { discardStream, isStreamable } from '../stream/stream-source.js';
import type { Term } from '../term.js';
import { type AnswerReceiver, answerTurn } from './answer-turn.js';
import { IncomingContext } from './incoming-context.js';
import { needsStream } from './needs-stream.js';
import type { ReportedCall } from './progress-reporter.js';

/** Sends the answers of calls: a connection, or a user's acceptor. */
export interface Answerer extends AnswerReceiver {
  /** The peer that makes the calls; undefined where the peer is not known. */
  readonly caller?: ConnectedPeer | undefined;
  answerResults(id: number, method: string, results: readonly unknown[]): void;
  /** `code` is set where the failure is mailstation's and not the method's. `method` is for the log. */
  answerError(id: number, error: Error, code: RpcCode | undefined, method: string): void;
  /** Called with each call that ends without an answer, since no caller waits for one. */
  dropped?(call: IncomingCall): void;
  /** Called with each call that failed, one-way calls included. */
  failed?(call: IncomingCall, error: Error, code: RpcCode | undefined): void;
  /** Called once for each call, when the call is over. */
  served(call: IncomingCall): void;
  /** Notifies the call from now on when its caller has given the call up, or when its deadline passes. */
  watchCancel?(call: IncomingCall): void;
}

/**
 * A call that has arrived, and the way of its answer. The first answer counts; a later one is dropped. Channels of other copies
 * of the package get such calls too (see `channel.ts`), so that the public members do not change their names.
 */
export class IncomingCall implements ServedCall, ReportedCall {
  /** Id of the request. */
  readonly id: number;
  /** `namespace.module.method`, as the caller wrote it. */
  readonly method: string;
  readonly args: unknown[];
  readonly oneway: boolean;
  /** Value that the caller sent beside the arguments. */
  readonly meta: unknown;
  /** Name of the client that makes the call, on a connection that several clients use. */
  readonly callerId: string | undefined;
  /** A stream without a deadline gives up its first one when the stream begins. */
  deadline: number;
  /** Set before the method is called, on a channel with a term. */
  term: Term | undefined = undefined;
  /** Trace context that came with the call. Set only on calls that have one, for a listener: a field would cost each call its memory. */
  declare trace?: TraceFields;
  /** Message on `mailstation:serve`, or a mark. Set only on calls that are published. */
  declare published?: object;
  /** Set by {@link ConcurrencyLimit} while the call has a place among the running calls. */
  isRunning = false;
  /** Time of the arrival; see {@link microseconds}. Set where the channel has an observer. */
  arrivedMicros = 0;
  // The next four fields belong to ProgressReporter.
  receivedAt = 0;
  reportAt = 0;
  before: ReportedCall | undefined = undefined;
  after: ReportedCall | undefined = undefined;
  #answerer: Answerer | undefined;
  #isCancelled = false;
  #abortReason: RpcError | undefined;
  #context: IncomingContext | undefined;

  constructor(
    answerer: Answerer,
    id: number,
    method: string,
    args: unknown[],
    oneway: boolean,
    meta: unknown,
    deadline = Number.POSITIVE_INFINITY,
    callerId?: string,
  ) {
    this.#answerer = answerer;
    this.id = id;
    this.method = method;
    this.args = args;
    this.oneway = oneway;
    this.meta = meta;
    this.deadline = deadline;
    this.callerId = callerId;
  }

  get isOver(): boolean {
    return this.#answerer === undefined;
  }

  /** Address and port of the caller, for messages. */
  get peer(): string {
    return this.#answerer?.caller?.peer ?? 'a caller';
  }

  /** The caller, while the call is not over. */
  get caller(): ConnectedPeer | undefined {
    return callerOf(this.#answerer?.caller, this.callerId);
  }

  /** Made on the first access: most methods do not ask for their context. */
  get context(): CallContext {
    if (this.#context === undefined) {
      this.#context = this.makeContext();
      if (this.#abortReason !== undefined) this.#context.abort(this.#abortReason);
      this.#answerer?.watchCancel?.(this);
    }
    return this.#context;
  }

  succeed(results: readonly unknown[]): void {
    const answerer = this.#settle();
    if (answerer === undefined) return;
    if (answerTurn.isOver && this.#wantsAnswer) return this.#succeedLater(answerer, results);
    if (this.#wantsAnswer) answerer.answerResults(this.id, this.method, results);
    else this.#dropResults(answerer, results);
    answerer.served(this);
  }

  /** True when no caller waits for the answer any more, as far as the call was notified. */
  get isAborted(): boolean {
    return this.#abortReason !== undefined;
  }

  /** True when the deadline of the call has passed. `ms`: the time of now, in whole milliseconds. */
  isLate(ms: number): boolean {
    return ms > this.deadline;
  }

  /** Reason for which no caller waits any more; undefined while one does, as far as the call was notified. */
  get abortReason(): RpcError | undefined {
    return this.#abortReason;
  }

  /** Code of the reason for which no caller waits any more. */
  get abortCode(): RpcCode | undefined {
    return this.#abortReason?.code;
  }

  /** The method has failed with this error. */
  fail(error: Error): void {
    const answerer = this.#settle();
    if (answerer === undefined) return;
    const code = isOurs(error) ? error.code : undefined;
    if (answerTurn.isOver && this.#wantsAnswer) this.#failLater(answerer, error, code);
    else this.#failNow(answerer, error, code);
  }

  /** The method was not called, for this reason. */
  refuse(error: RpcError): void {
    const answerer = this.#settle();
    if (answerer === undefined) return;
    this.#failNow(answerer, error, error.code);
  }

  /** Aborts the signal of the method's context, if the method has asked for one. */
  abort(reason: RpcError): void {
    this.#abortReason ??= reason;
    this.#context?.abort(reason);
  }

  /** Aborts the call when its deadline has passed. A later answer is still sent. */
  expire(): void {
    if (this.#context?.isAborted === false)
      this.abort(new RpcError(RpcCode.Timeout, 'the deadline of the call has passed'));
  }

  /** Aborts the call as {@link abort} does. A later answer is not sent. */
  cancelled(reason: RpcError): void {
    this.#isCancelled = true;
    this.abort(reason);
  }

  /** The method has not ended in time, and the call has no place among the running calls any more. */
  abandoned(): void {}

  /** The call counts no longer among the abandoned ones: its method is taken for one that never ends. */
  givenUp(): void {}

  /** Ends the call without an answer. */
  drop(): void {
    const answerer = this.#settle();
    if (answerer === undefined) return;
    answerer.dropped?.(this);
    answerer.served(this);
  }

  protected makeContext(): IncomingContext {
    return new IncomingContext(this.method, this.meta, this.caller, this.deadline, this.term);
  }

  get #wantsAnswer(): boolean {
    return !this.oneway && !this.#isCancelled;
  }

  #failNow(answerer: Answerer, error: Error, code: RpcCode | undefined): void {
    if (this.#wantsAnswer) answerer.answerError(this.id, error, code, this.method);
    answerer.failed?.(this, error, code);
    answerer.served(this);
  }

  /** No caller waits for the results. A stream among them has to be ended, and no one-way call can ask for one. */
  #dropResults(answerer: Answerer, [value]: readonly unknown[]): void {
    if (!isStreamable(value)) return;
    discardStream(value);
    if (this.oneway) answerer.failed?.(this, needsStream(this.method), RpcCode.NeedsStream);
  }

  // Methods of their own: their closures would cost each call.

  #succeedLater(answerer: Answerer, results: readonly unknown[]): void {
    answerTurn.wait(answerer, () => {
      if (this.#wantsAnswer) answerer.answerResults(this.id, this.method, results);
      else this.#dropResults(answerer, results);
      answerer.served(this);
    });
  }

  #failLater(answerer: Answerer, error: Error, code: RpcCode | undefined): void {
    answerTurn.wait(answerer, () => this.#failNow(answerer, error, code));
  }

  #settle(): Answerer | undefined {
    const answerer = this.#answerer;
    this.#answerer = undefined;
    return answerer;
  }
}

/** A time in whole microseconds, in the range of the integers that V8 stores without an object: the value wraps after 71 minutes. */
export function microseconds(ms: number): number {
  return (ms * 1_000) | 0;
}

/**
 * Time since the arrival of a call, in microseconds; in whole milliseconds for a call that took longer than the value holds, and for one
 * whose arrival was not noted. `ms` and `micros`: the time of now.
 */
export function microsecondsSince({ arrivedMicros, receivedAt }: IncomingCall, ms: number, micros: number): number {
  const passed = receivedAt === 0 ? 0 : Math.max(0, ms - receivedAt);
  return passed > 1_000_000 || arrivedMicros === 0 ? passed * 1_000 : (micros - arrivedMicros) >>> 0;
}

/** The caller of one call: the peer, under the name that came with the call. */
export function callerOf(peer: ConnectedPeer | undefined, callerId: string | undefined): ConnectedPeer | undefined {
  if (peer === undefined || callerId === undefined) return peer;
  const { identity } = peer;
  return { ...peer, id: callerId, ...(identity && { identity: identityOf(identity.proven, callerId) }) };
}

/** A service may pass on an error of its own calls elsewhere. Such an error names a server; an error of this end does not. */
function isOurs(error: Error): error is RpcError {
  return error instanceof RpcError && error.code === RpcCode.NeedsCallback && error.serverId === undefined;
}
