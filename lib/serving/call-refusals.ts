import { messageOf, RpcCode, RpcError } from '../errors.js';
import type { InvokeHead } from '../protocol/message.js';
import type { FrameView } from '../protocol/packet.js';
import { printable } from '../quoted.js';
import type { ConnectedPeer } from '../server-info.js';
import type { AnswerWriter } from './answer-writer.js';
import type { Channel } from './channel.js';
import { callerOf, type IncomingCall } from './incoming-call.js';
import { incomingTrace } from './incoming-trace.js';
import type { ConcurrencyLimit } from './overload.js';

/** Facts of a failed call, for the report. `caller`: name that came with the call. */
interface Reported {
  readonly method: string;
  readonly oneway: boolean;
  readonly caller?: string | undefined;
}

/** Answers, logs and reports the calls of one connection that are not started. A one-way call has no answer. */
export class CallRefusals {
  readonly #peer: string;
  readonly #answers: AnswerWriter;
  readonly #limit: ConcurrencyLimit;
  /** Known once the connection was admitted. */
  caller: ConnectedPeer | undefined;
  /** Known once the peer has registered. */
  channel: Channel | undefined;

  constructor(peer: string, answers: AnswerWriter, limit: ConcurrencyLimit) {
    this.#peer = peer;
    this.#answers = answers;
    this.#limit = limit;
  }

  /** Refuses a call of a method that does not exist, or that the caller may not call. */
  forbid(frame: FrameView, head: InvokeHead, error: RpcError, isLogged = false): undefined {
    if (!isLogged) this.#log(head, error.message);
    this.#answer(frame, head, error);
  }

  /** Refuses a call for which there is no room; without `retryAfter`, a call that breaks the rules of streams. */
  notAdmitted(frame: FrameView, head: InvokeHead, why: string, retryAfter: number | undefined): void {
    if (retryAfter === undefined) return this.#answer(frame, head, new RpcError(RpcCode.BadRequest, why));
    this.#log(head, why);
    this.#answer(frame, head, new RpcError(RpcCode.Overloaded, why, { retryAfter }));
  }

  /** Refuses a call whose deadline has passed. */
  late(frame: FrameView, head: InvokeHead, why: string): void {
    if (head.oneway) this.#log(head, why);
    this.#answer(frame, head, new RpcError(RpcCode.Timeout, why));
  }

  undecodable(frame: FrameView, head: InvokeHead, error: unknown): undefined {
    const why = `cannot be decoded: ${messageOf(error)}`;
    this.#log(head, printable(`the arguments ${why}`));
    this.#answer(frame, head, new RpcError(RpcCode.BadRequest, `the arguments of ${head.method} ${why}`));
  }

  badRequest(id: number, why: string): void {
    this.#answers.failure(id, new RpcError(RpcCode.BadRequest, why), RpcCode.BadRequest);
  }

  /** Reports a failed call to the channel. */
  report({ method, oneway, caller }: Reported, error: Error, code: RpcCode | undefined): void {
    this.channel?.failed?.({ method, oneway, error, code, caller: callerOf(this.caller, caller) });
  }

  /** Reports a call that was started and has failed to the channel. */
  failed({ method, oneway, callerId, abortReason }: IncomingCall, error: Error, code: RpcCode | undefined): void {
    this.channel?.failed?.({ method, oneway, error, code, abortReason, caller: callerOf(this.caller, callerId) });
  }

  #log({ method, oneway }: InvokeHead, why: string): void {
    this.#limit.logRefusal(oneway ? 'dropped a one-way call' : 'refused a call', method, this.#peer, why);
  }

  #answer(frame: FrameView, head: InvokeHead, error: RpcError): void {
    if (!head.oneway) this.#answers.failure(frame.id, error, error.code, head.method);
    this.report(head, error, error.code);
    this.channel?.observer?.refused(head, error, error.code, this.caller, incomingTrace(head, frame));
  }
}
