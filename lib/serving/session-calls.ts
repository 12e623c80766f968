import type { Logger } from '../diagnostics.js';
import { messageOf, RpcCode, RpcError } from '../errors.js';
import { decodeList } from '../protocol/argument-list.js';
import type { Codec } from '../protocol/codec.js';
import { STOCK_CODEC } from '../protocol/codecs.js';
import type { InvokeHead } from '../protocol/message.js';
import type { FrameView } from '../protocol/packet.js';
import { quoted } from '../quoted.js';
import type { ConnectedPeer } from '../server-info.js';
import type { Connection } from '../transport/connection.js';
import type { AnswerWriter } from './answer-writer.js';
import { CancellableCalls } from './cancellable-calls.js';
import type { Channel } from './channel.js';
import { type Answerer, IncomingCall } from './incoming-call.js';
import type { ConcurrencyLimit, ConnectionCalls } from './overload.js';
import type { ProgressReporter } from './progress-reporter.js';

export interface SessionCallsOptions {
  readonly connection: Connection;
  readonly answers: AnswerWriter;
  readonly gate: ConcurrencyLimit;
  readonly logger: Logger;
  /** The last call that was being served is over. */
  onIdle(): void;
}

/** The calls that come in on one connection, until each is answered. */
export class SessionCalls implements Answerer {
  /** Known once it was let in. */
  caller: ConnectedPeer | undefined;
  readonly #options: SessionCallsOptions;
  readonly #share: ConnectionCalls = { calls: 0 };
  #channel: Channel | undefined;
  #codec: Codec = STOCK_CODEC;
  #serving = 0;
  /** When the bytes came that are being read. Read off the clock with the first call in them. */
  #arrivedAt = 0;
  #hasArrived = true;
  #watched: CancellableCalls | undefined;
  /** For a peer that wants to be told of calls that run late. */
  #overdue: ProgressReporter | undefined;
  #endReason: RpcError | undefined;

  constructor(options: SessionCallsOptions) {
    this.#options = options;
  }

  /** Calls received and not yet answered. */
  get serving(): number {
    return this.#serving;
  }

  /** Whose calls they are, and in which encoding: known once the peer has registered. */
  begin(channel: Channel, codec: Codec, overdue: ProgressReporter | undefined): void {
    this.#channel = channel;
    this.#codec = codec;
    this.#overdue = overdue;
  }

  /** Bytes have come. */
  arrived(): void {
    this.#hasArrived = true;
    this.#overdue?.received();
  }

  invoke({ method, argLength, oneway, meta }: InvokeHead, { id, timeout, bytes, bodyStart, end }: FrameView): void {
    const { connection, gate, logger } = this.#options;
    if (!connection.isOpen) return; // nobody could be told of its result
    const channel = this.#channel;
    if (channel === undefined)
      return this.answerBadRequest(id, `${method} was called before register_channel was answered`);
    const now = performance.now();
    if (this.#hasArrived) this.#arrivedAt = Math.ceil(now);
    this.#hasArrived = false;
    // The packet says how much time is left, and not until when: the two clocks need not agree.
    const deadline = timeout === 0 ? Number.POSITIVE_INFINITY : this.#arrivedAt + timeout;
    if (now >= deadline)
      return this.#turnAway(id, method, oneway, RpcCode.Timeout, 'its time was over before it could be started');
    const full = gate.whyNot(this.#share);
    if (full !== undefined) return this.#turnAway(id, method, oneway, RpcCode.Overloaded, full);
    const missing = channel.missing?.(method, argLength);
    if (missing !== undefined) return this.#refuseMissing(id, method, oneway, missing);
    let args: unknown[];
    try {
      args = decodeList(this.#codec, bytes, bodyStart, end, argLength);
    } catch (error) {
      if (!oneway) this.answerBadRequest(id, `the arguments of ${method} cannot be decoded: ${messageOf(error)}`);
      else
        logger.warn(
          `mailstation: a one-way call of ${quoted(method)} from ${connection.peer} cannot be decoded: ${quoted(messageOf(error))}`,
        );
      return;
    }
    this.#serving += 1;
    this.#watched?.begins(id);
    const call = new IncomingCall(this, id, method, args, oneway, meta ? args.shift() : undefined, deadline);
    const overdue = oneway ? undefined : this.#overdue;
    const receivedAt = overdue?.receivedAt ?? 0;
    if (!gate.letIn(call, channel, this.#share)) this.watch(call);
    if (overdue !== undefined && !call.isOver && connection.isOpen) overdue.add(call, receivedAt, timeout);
  }

  /** The peer does not wait for this answer any more. Unknown, or over already: no matter. */
  cancel(id: number): void {
    this.#watched ??= new CancellableCalls();
    const call = this.#watched.cancel(id, this.#serving);
    if (call !== undefined && this.#options.gate.isWaiting(call)) call.drop();
  }

  /** The connection has ended. */
  end(reason: RpcError): void {
    this.#endReason = reason;
    this.#overdue?.stop();
    for (const call of this.#watched?.abortAll(reason) ?? []) {
      if (this.#options.gate.isWaiting(call)) call.drop();
    }
  }

  /** A call has come in that is not served here, but relayed. */
  taken(): void {
    this.#serving += 1;
  }

  /** It is over. */
  released(): void {
    this.#serving -= 1;
    if (this.#serving === 0) this.#options.onIdle();
  }

  watch(call: IncomingCall): void {
    if (this.#endReason !== undefined && !call.oneway) call.abort(this.#endReason);
    this.#watched ??= new CancellableCalls();
    this.#watched.add(call);
  }

  answerResults(id: number, method: string, results: readonly unknown[]): void {
    if (this.#watched?.isCancelled(id) !== true) this.#options.answers.results(id, method, results);
  }

  answerError(id: number, error: Error, code: RpcCode | undefined): void {
    if (this.#watched?.isCancelled(id) !== true) this.#options.answers.failure(id, error, code);
  }

  answerBadRequest(id: number, why: string): void {
    this.#options.answers.failure(id, new RpcError(RpcCode.BadRequest, why), RpcCode.BadRequest);
  }

  served(call: IncomingCall): void {
    this.#serving -= 1;
    this.#watched?.forget(call);
    this.#overdue?.delete(call);
    this.#options.gate.left(call, this.#share);
    if (this.#serving === 0) this.#options.onIdle();
  }

  /** Refuses a call of a method that is not there. The caller's bytes are not looked into for it. */
  #refuseMissing(id: number, method: string, oneway: boolean, error: RpcError): void {
    const { connection, gate } = this.#options;
    if (oneway) gate.tellRefused('dropped a one-way call', method, connection.peer, error.message);
    else this.answerError(id, error, error.code);
  }

  /** It is not begun, and its caller is told so; of a one-way call only the log tells. */
  #turnAway(id: number, method: string, oneway: boolean, code: RpcCode, why: string): void {
    const { answers, connection, gate } = this.#options;
    if (oneway || code === RpcCode.Overloaded)
      gate.tellRefused(oneway ? 'dropped a one-way call' : 'refused a call', method, connection.peer, why);
    if (!oneway) answers.failure(id, new RpcError(code, why), code);
  }
}
