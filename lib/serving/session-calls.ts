import type { RpcCode, RpcError } from '../errors.js';
import type { Head, InvokeHead } from '../protocol/message.js';
import { clampedTimeout, type FrameView } from '../protocol/packet.js';
import type { ConnectedPeer } from '../server-info.js';
import { performance } from '../timers.js';
import { CallEnds } from './call-ends.js';
import { CallGate, type GateOwner } from './call-gate.js';
import { CallRefusals } from './call-refusals.js';
import { CancellableCalls } from './cancellable-calls.js';
import type { CallCount, Channel } from './channel.js';
import type { HeldRequest } from './held-requests.js';
import { type Answerer, IncomingCall, microseconds } from './incoming-call.js';
import { decodeArguments, takeTrace } from './incoming-trace.js';
import { type CallSource, PAST_DEADLINE } from './overload.js';
import { ProgressReporter } from './progress-reporter.js';
import { DEFAULT_MAX_STREAMS } from './session-streams.js';
import type { CallTerms, SessionCallsOptions } from './session-terms.js';
import { isStreamFrame, StreamCalls } from './stream-calls.js';
import { StreamedCall } from './streamed-call.js';

/** Calls that arrive on one connection, until each is answered. */
export class SessionCalls implements Answerer, CallCount, CallSource<InvokeHead, FrameView>, GateOwner {
  admitted = 0;
  running = 0;
  isGone = false;
  /** Calls that were taken in since the connection was made. */
  received = 0;
  readonly #options: SessionCallsOptions;
  readonly #refusals: CallRefusals;
  /** Undefined where the caller may call all. */
  #gate: CallGate | undefined;
  #terms: CallTerms | undefined;
  /** Made with the terms. */
  #reporter: ProgressReporter | undefined;
  #serving = 0;
  /** Reports the ends of calls; only on a channel with an observer. */
  #ends: CallEnds | undefined;
  /** Time at which the bytes arrived that are being read, on the clock of `performance.now()`. */
  #arrivedAt = 0;
  /** Bytes have arrived, and no call among them has read the clock yet. */
  #hasArrived = true;
  /** Made for the first call that can be cancelled: most connections have none. */
  #cancellable: CancellableCalls | undefined;
  /** Made for the first call with a stream. */
  #streams: StreamCalls | undefined;
  #endReason: RpcError | undefined;

  constructor(options: SessionCallsOptions) {
    this.#options = options;
    this.#refusals = new CallRefusals(options.connection.peer, options.answers, options.limit);
  }

  /** Known once the connection was admitted; set again when the caller has registered. */
  get caller(): ConnectedPeer | undefined {
    return this.#refusals.caller;
  }

  set caller(caller: ConnectedPeer) {
    const { authorization, origin, limit } = this.#options;
    this.#refusals.caller = caller;
    this.#gate = authorization && CallGate.of(this, authorization, caller, origin, limit.log);
  }

  /** Calls received and not yet answered. */
  get serving(): number {
    return this.#serving;
  }

  /** The peer has registered: calls may arrive from now on. */
  begin(terms: CallTerms): void {
    const { connection, limit } = this.#options;
    this.#terms = terms;
    this.#refusals.channel = terms.channel;
    const { observer } = terms.channel;
    this.#ends = observer && new CallEnds(observer);
    this.#reporter = new ProgressReporter(connection, terms.codec, {
      isRead: terms.readsReports,
      hasReturned: terms.channel.hasReturned,
      onLate: (call) => {
        // A stream is watched from the moment on when its caller has left.
        if (call instanceof IncomingCall && !(call instanceof StreamedCall)) limit.watch(call, this);
      },
    });
  }

  /** Bytes have arrived. */
  arrived(): void {
    this.#hasArrived = true;
    this.#reporter?.received();
  }

  invoke(head: InvokeHead, frame: FrameView): void {
    const { connection } = this.#options;
    if (!connection.isOpen) return; // an answer could not be sent
    const { method, oneway } = head;
    const { id } = frame;
    if (this.#terms === undefined)
      return this.answerBadRequest(id, `${method} was called before register_channel was answered`);
    const timeout = clampedTimeout(frame.timeout);
    const now = performance.now();
    if (this.#hasArrived) this.#arrivedAt = Math.ceil(now);
    this.#hasArrived = false;
    // The packet holds the time that is left and not a point in time: the clocks of the two machines need not agree.
    const deadline = this.#arrivedAt + timeout;
    if (now >= deadline) return this.#refusals.late(frame, head, PAST_DEADLINE);
    if (this.#ends !== undefined) this.#ends.arrivedMicros = microseconds(now);
    this.#admit(head, frame, deadline, oneway ? 0 : (this.#reporter?.receivedAt ?? 0), timeout);
  }

  #admit(head: InvokeHead, frame: FrameView, deadline: number, receivedAt: number, timeout: number): void {
    const { connection, limit } = this.#options;
    const call = limit.admit(this, (this.#terms as CallTerms).channel, head, frame, deadline);
    if (!head.oneway && call !== undefined && !call.isOver && connection.isOpen)
      this.#reporter?.add(call, receivedAt, timeout);
  }

  refuse(head: InvokeHead, frame: FrameView, why: string, retryAfter?: number): void {
    this.#refusals.notAdmitted(frame, head, why, retryAfter);
  }

  makeCall(head: InvokeHead, frame: FrameView, channel: Channel, deadline: number): IncomingCall | undefined {
    const { method, oneway, meta, argLength } = head;
    const { id } = frame;
    // The look-up and the permission come first: the bytes of a call that cannot be made are not decoded.
    const gate = this.#gate;
    const missing = gate?.unexposed(method) ?? channel.missing?.(method, argLength);
    if (missing !== undefined) return this.#refusals.forbid(frame, head, missing);
    if (gate?.admits(head, frame, deadline) === false) return undefined;
    const isStreamed = head.stream !== undefined || head.upload === true;
    if (isStreamed && !this.#streamCalls().admits(head, frame)) return undefined;
    let args: unknown[];
    try {
      args = decodeArguments((this.#terms as CallTerms).codec, head, frame);
    } catch (error) {
      return this.#refusals.undecodable(frame, head, error);
    }
    this.#serving += 1;
    this.received += 1;
    this.#cancellable?.begins(id);
    if (isStreamed) {
      const call = this.#streamCalls().make(head, id, args, deadline);
      if (head.trace === true) takeTrace(call, head, frame);
      this.#ends?.begins(call);
      return call;
    }
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
    if (head.trace === true) takeTrace(call, head, frame);
    if (oneway) call.receivedAt = this.#arrivedAt;
    this.#ends?.begins(call);
    return call;
  }

  /** Takes a frame of a stream: a credit, items of an upload, or its end. False for any other frame. */
  streamFrame({ type }: Head, frame: FrameView): boolean {
    if (!isStreamFrame(type)) return false;
    if (this.#terms === undefined) this.answerBadRequest(frame.id, `${type} came before the registration`);
    else this.#streamCalls().take(type, frame);
    return true;
  }

  onFirstItem(call: StreamedCall): void {
    this.#reporter?.delete(call);
  }

  /** The connection accepts more. */
  onDrained(): void {
    this.#streams?.resume();
  }

  onQueued(call: IncomingCall): void {
    this.watchCancel(call);
  }

  /** The caller has cancelled the call with this id. An unknown id, or a call that is over, changes nothing. */
  cancel(id: number): void {
    if (this.#gate?.cancel(id) === true) return void this.#streams?.unhold(id);
    this.#streams?.forget(id);
    this.#cancellable ??= new CancellableCalls();
    const call = this.#cancellable.cancel(id, this.#serving);
    if (call !== undefined && this.#options.limit.isQueued(call)) call.drop();
  }

  /** The connection has ended. */
  end(reason: RpcError): void {
    this.#endReason = reason;
    this.#gate?.end();
    this.#reporter?.stop();
    for (const call of this.#cancellable?.abortAll(reason) ?? []) {
      if (this.#options.limit.isQueued(call)) call.drop();
    }
    this.#streams?.end();
    this.#options.limit.leave(this);
  }

  taken(): void {
    this.#serving += 1;
  }

  released(): void {
    this.#serving -= 1;
    if (this.#serving === 0) this.#options.onIdle();
  }

  hold(request: HeldRequest): void {
    const reporter = request.head.oneway ? undefined : this.#reporter;
    if (request.head.upload === true) this.#streamCalls().hold(request.id);
    this.admitted += 1;
    this.taken();
    reporter?.add(request, reporter.receivedAt, request.frame.timeout);
  }

  release(request: HeldRequest): void {
    this.#reporter?.delete(request);
    this.admitted -= 1;
    this.released();
  }

  goOn({ head, frame, deadline, receivedAt, heldAt }: HeldRequest): void {
    if (this.#ends !== undefined) this.#ends.arrivedMicros = microseconds(heldAt);
    if (this.#options.connection.isOpen) this.#admit(head, frame, deadline, receivedAt, frame.timeout);
    this.#streams?.unhold(frame.id);
  }

  forbid(frame: FrameView, head: InvokeHead, error: RpcError, isLogged: boolean): void {
    this.#streams?.unhold(frame.id);
    this.#refusals.forbid(frame, head, error, isLogged);
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
    if (this.#cancellable?.isCancelled(id) === true) return this.#ends?.left();
    const failure = this.#options.answers.results(id, method, results);
    if (failure === undefined) return;
    this.#refusals.report({ method, oneway: false }, failure, failure.code);
    this.#ends?.failed(failure, failure.code);
  }

  answerError(id: number, error: Error, code: RpcCode | undefined, method: string): void {
    if (this.#cancellable?.isCancelled(id) !== true) this.#options.answers.failure(id, error, code, method);
  }

  failed(call: IncomingCall, error: Error, code: RpcCode | undefined): void {
    this.#refusals.failed(call, error, code);
    this.#ends?.failed(error, code);
  }

  dropped(): void {
    this.#ends?.left();
  }

  givenUp(call: IncomingCall): void {
    this.#ends?.unanswered(call, this.caller);
  }

  answerBadRequest(id: number, why: string): void {
    this.#refusals.badRequest(id, why);
  }

  served(call: IncomingCall): void {
    this.#cancellable?.forget(call);
    this.#reporter?.delete(call);
    this.#serving -= 1;
    const { limit } = this.#options;
    if (this.#ends !== undefined) {
      if (limit.counts(call)) this.#ends.ended(call, this.caller, this.#endReason?.code);
      else this.#ends.forget();
    }
    limit.release(call, this);
    if (this.#serving === 0) this.#options.onIdle();
  }

  #streamCalls(): StreamCalls {
    const { connection, limit, maxStreams = DEFAULT_MAX_STREAMS } = this.#options;
    const { codec, window, uploadWindow } = this.#terms as CallTerms;
    this.#streams ??= new StreamCalls(this, { connection, codec, limit, window, uploadWindow, maxStreams });
    return this.#streams;
  }
}
