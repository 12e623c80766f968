import { messageOf, RpcCode, RpcError } from '../errors.js';
import { decodeList } from '../protocol/argument-list.js';
import type { Codec } from '../protocol/codec.js';
import type { InvokeHead } from '../protocol/message.js';
import { clampedTimeout, type FrameView } from '../protocol/packet.js';
import { printable } from '../quoted.js';
import type { ConnectedPeer } from '../server-info.js';
import { performance } from '../timers.js';
import type { Connection } from '../transport/connection.js';
import type { AnswerWriter } from './answer-writer.js';
import { CancellableCalls } from './cancellable-calls.js';
import type { CallCount, Channel } from './channel.js';
import { type Answerer, callerOf, IncomingCall } from './incoming-call.js';
import { type CallSource, type ConcurrencyLimit, PAST_DEADLINE } from './overload.js';
import { ProgressReporter } from './progress-reporter.js';

export interface SessionCallsOptions {
  readonly connection: Connection;
  readonly answers: AnswerWriter;
  readonly limit: ConcurrencyLimit;
  /** Called when the last call in progress is over. */
  onIdle(): void;
}

/** Terms of a registration that concern calls. */
export interface CallTerms {
  readonly channel: Channel;
  readonly codec: Codec;
  /** The peer reads reports of calls that run late. */
  readonly readsReports: boolean;
}

/** Facts of a failed call, for the report. `caller`: name that came with the call. */
interface Reported {
  readonly method: string;
  readonly oneway: boolean;
  readonly caller?: string | undefined;
}

/** Calls that arrive on one connection, until each is answered. */
export class SessionCalls implements Answerer, CallCount, CallSource<InvokeHead, FrameView> {
  /** Known once the connection was admitted. */
  caller: ConnectedPeer | undefined;
  admitted = 0;
  running = 0;
  isGone = false;
  readonly #options: SessionCallsOptions;
  #terms: CallTerms | undefined;
  /** Made with the terms. */
  #reporter: ProgressReporter | undefined;
  #serving = 0;
  /** Time at which the bytes arrived that are being read, on the clock of `performance.now()`. */
  #arrivedAt = 0;
  /** Bytes have arrived, and no call among them has read the clock yet. */
  #hasArrived = true;
  /** Made for the first call that can be cancelled: most connections have none. */
  #cancellable: CancellableCalls | undefined;
  #endReason: RpcError | undefined;

  constructor(options: SessionCallsOptions) {
    this.#options = options;
  }

  /** Calls received and not yet answered. */
  get serving(): number {
    return this.#serving;
  }

  /** The peer has registered: calls may arrive from now on. */
  begin(terms: CallTerms): void {
    const { connection, limit } = this.#options;
    this.#terms = terms;
    this.#reporter = new ProgressReporter(connection, terms.codec, {
      isRead: terms.readsReports,
      hasReturned: terms.channel.hasReturned,
      onLate: (call) => limit.watch(call as IncomingCall, this),
    });
  }

  /** Bytes have arrived. */
  arrived(): void {
    this.#hasArrived = true;
    this.#reporter?.received();
  }

  invoke(head: InvokeHead, frame: FrameView): void {
    const { connection, limit } = this.#options;
    if (!connection.isOpen) return; // an answer could not be sent
    const { method, oneway } = head;
    const { id } = frame;
    if (this.#terms === undefined)
      return this.answerBadRequest(id, `${method} was called before register_channel was answered`);
    const { channel } = this.#terms;
    const timeout = clampedTimeout(frame.timeout);
    const now = performance.now();
    if (this.#hasArrived) this.#arrivedAt = Math.ceil(now);
    this.#hasArrived = false;
    // The packet holds the time that is left and not a point in time: the clocks of the two machines need not agree.
    const deadline = this.#arrivedAt + timeout;
    if (now >= deadline) return this.#refuse(id, head, RpcCode.Timeout, PAST_DEADLINE);
    const reported = oneway ? undefined : this.#reporter;
    const receivedAt = reported?.receivedAt ?? 0;
    const call = limit.admit(this, channel, head, frame, deadline);
    if (reported !== undefined && call !== undefined && !call.isOver && connection.isOpen)
      reported.add(call, receivedAt, timeout);
  }

  refuse(head: InvokeHead, { id }: FrameView, why: string, retryAfter: number): void {
    this.#refuse(id, head, RpcCode.Overloaded, why, retryAfter);
  }

  makeCall(head: InvokeHead, frame: FrameView, channel: Channel, deadline: number): IncomingCall | undefined {
    const { method, argLength, oneway, meta } = head;
    const { id, bytes, bodyStart, end } = frame;
    // The look-up comes first: the bytes of a call that cannot be made are not decoded.
    const missing = channel.missing?.(method, argLength);
    if (missing !== undefined) return this.#refuseMissing(id, head, missing);
    let args: unknown[];
    try {
      args = decodeList((this.#terms as CallTerms).codec, bytes, bodyStart, end, argLength);
    } catch (error) {
      return this.#refuseUndecodable(id, head, error);
    }
    this.#serving += 1;
    this.#cancellable?.begins(id);
    const call = new IncomingCall(
      this,
      id,
      method,
      args,
      oneway,
      meta ? args.shift() : undefined,
      deadline,
      head.caller,
    );
    if (oneway) call.receivedAt = this.#arrivedAt;
    return call;
  }

  onQueued(call: IncomingCall): void {
    this.watchCancel(call);
  }

  /** The caller has cancelled the call with this id. An unknown id, or a call that is over, changes nothing. */
  cancel(id: number): void {
    this.#cancellable ??= new CancellableCalls();
    const call = this.#cancellable.cancel(id, this.#serving);
    if (call !== undefined && this.#options.limit.isQueued(call)) call.drop();
  }

  /** The connection has ended. */
  end(reason: RpcError): void {
    this.#endReason = reason;
    this.#reporter?.stop();
    for (const call of this.#cancellable?.abortAll(reason) ?? []) {
      if (this.#options.limit.isQueued(call)) call.drop();
    }
    this.#options.limit.leave(this);
  }

  taken(): void {
    this.#serving += 1;
  }

  released(): void {
    this.#serving -= 1;
    if (this.#serving === 0) this.#options.onIdle();
  }

  watchCancel(call: IncomingCall): void {
    if (this.#endReason !== undefined && !call.oneway) call.abort(this.#endReason);
    this.#cancellable ??= new CancellableCalls();
    this.#cancellable.add(call);
  }

  onAnswersWait(): void {
    this.#options.connection.holdRequests(true);
  }

  onAnswersLeft(): void {
    this.#options.connection.holdRequests(false);
  }

  answerResults(id: number, method: string, results: readonly unknown[]): void {
    if (this.#cancellable?.isCancelled(id) === true) return;
    const failure = this.#options.answers.results(id, method, results);
    if (failure !== undefined) this.#report({ method, oneway: false }, failure, failure.code);
  }

  answerError(id: number, error: Error, code: RpcCode | undefined, method: string): void {
    if (this.#cancellable?.isCancelled(id) !== true) this.#options.answers.failure(id, error, code, method);
  }

  failed({ method, oneway, callerId }: IncomingCall, error: Error, code: RpcCode | undefined): void {
    this.#report({ method, oneway, caller: callerId }, error, code);
  }

  answerBadRequest(id: number, why: string): void {
    this.#options.answers.failure(id, new RpcError(RpcCode.BadRequest, why), RpcCode.BadRequest);
  }

  served(call: IncomingCall): void {
    this.#cancellable?.forget(call);
    this.#reporter?.delete(call);
    this.#serving -= 1;
    this.#options.limit.release(call, this);
    if (this.#serving === 0) this.#options.onIdle();
  }

  #refuseMissing(id: number, head: InvokeHead, error: RpcError): undefined {
    const { method, oneway } = head;
    const { connection, limit } = this.#options;
    limit.logRefusal(oneway ? 'dropped a one-way call' : 'refused a call', method, connection.peer, error.message);
    if (!oneway) this.answerError(id, error, error.code, method);
    this.#report(head, error, error.code);
  }

  #refuseUndecodable(id: number, head: InvokeHead, error: unknown): undefined {
    const { method, oneway } = head;
    const { answers, connection, limit } = this.#options;
    const why = `the arguments cannot be decoded: ${messageOf(error)}`;
    const refusal = new RpcError(
      RpcCode.BadRequest,
      `the arguments of ${method} cannot be decoded: ${messageOf(error)}`,
    );
    limit.logRefusal(oneway ? 'dropped a one-way call' : 'refused a call', method, connection.peer, printable(why));
    if (!oneway) answers.failure(id, refusal, refusal.code);
    this.#report(head, refusal, refusal.code);
  }

  /** Answers a call that is not started with the reason. A one-way call has no answer, and is logged instead. */
  #refuse(id: number, head: InvokeHead, code: RpcCode, why: string, retryAfter?: number): void {
    const { method, oneway } = head;
    const { answers, connection, limit } = this.#options;
    if (oneway || code === RpcCode.Overloaded)
      limit.logRefusal(oneway ? 'dropped a one-way call' : 'refused a call', method, connection.peer, why);
    const refusal = new RpcError(code, why, { retryAfter });
    if (!oneway) answers.failure(id, refusal, code);
    this.#report(head, refusal, code);
  }

  #report({ method, oneway, caller }: Reported, error: Error, code: RpcCode | undefined): void {
    this.#terms?.channel.failed?.({ method, oneway, error, code, caller: callerOf(this.caller, caller) });
  }
}
