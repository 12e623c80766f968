import type { AnswerStage, CallOptions } from '../lib/call/call-contract.js';
import type { HeldCalls } from '../lib/call/held-calls.js';
import type { OutgoingCall } from '../lib/call/outgoing-call.js';
import { RpcCode, type RpcError } from '../lib/errors.js';
import { type Filtered, type PreparedFilter, prepareFilters, runFilters } from '../lib/filters.js';
import type { RpcMessage } from '../lib/rpc-message.js';
import { throwUncaught } from '../lib/uncaught.js';
import type { Filter } from './filters.js';

/**
 * Handler that is called with each failure of a filter; the call is rejected as well. Source: pomelo-rpc,
 * `setErrorHandler`.
 */
export type ErrorHandler = (error: RpcError, serverId: string, msg: OutgoingCall['msg'], opts: CallOptions) => void;

/** Filters of a station, around its calls. A call is held, under its deadline, while a filter takes its time. */
export class CallFilters implements AnswerStage<OutgoingCall> {
  readonly #held: HeldCalls;
  #befores: readonly PreparedFilter<RpcMessage, CallOptions>[] = [];
  #afters: readonly PreparedFilter<RpcMessage, CallOptions>[] = [];
  #errorHandler: ErrorHandler | undefined;

  constructor(held: HeldCalls) {
    this.#held = held;
  }

  get hasBefore(): boolean {
    return this.#befores.length > 0;
  }

  get hasAfter(): boolean {
    return this.#afters.length > 0;
  }

  addBefore(filters: Filter | readonly Filter[]): void {
    this.#befores = [...this.#befores, ...prepareFilters(filters, 'before')];
  }

  addAfter(filters: Filter | readonly Filter[]): void {
    this.#afters = [...this.#afters, ...prepareFilters(filters, 'after')];
  }

  setErrorHandler(handler: ErrorHandler): void {
    this.#errorHandler = handler;
  }

  /** Goes on with the server that the filters leave the call with, unless one of them aborts it or its deadline passes. */
  before(call: OutgoingCall, goOn: (call: OutgoingCall) => void): void {
    // The options are a copy: a filter that notes the time there must not meet another call's.
    const filtered: Filtered<RpcMessage, CallOptions> = {
      serverId: call.serverId ?? '',
      msg: call.msg,
      opts: { ...call.options },
      current: undefined,
    };
    let isDone = false;
    call.move('filtering');
    runFilters(this.#befores, filtered, (error) => {
      isDone = true;
      this.#held.delete(call);
      if (call.isSettled) return; // its deadline passed meanwhile
      call.serverId = filtered.serverId;
      const failure = error ?? whyUnsendable(filtered);
      if (failure !== undefined)
        return this.#fail(call, call.error(RpcCode.Filter, failure.message, 'not-sent', failure.cause));
      call.msg = filtered.msg;
      call.options = filtered.opts;
      goOn(call);
    });
    if (!isDone && this.#held.add(call)) call.startClock().waitsOn = filtered;
  }

  /** Runs the after filters on an answered call. If they take too long, its deadline ends it. */
  filterAnswer(call: OutgoingCall, error: RpcError | undefined, results: readonly unknown[]): void {
    const filtered: Filtered<RpcMessage, CallOptions> = {
      serverId: call.serverId ?? '',
      msg: call.msg,
      opts: call.options,
      current: undefined,
    };
    let isDone = false;
    runFilters(this.#afters, filtered, (failure) => {
      isDone = true;
      this.#held.delete(call);
      if (failure !== undefined)
        this.#fail(call, call.error(RpcCode.Filter, failure.message, 'answered', failure.cause));
      else if (error === undefined) call.succeed(results);
      else call.fail(error);
    });
    if (!isDone && this.#held.add(call)) call.startClock().waitsOn = filtered;
  }

  #fail(call: OutgoingCall, error: RpcError): void {
    if (!call.fail(error)) return;
    try {
      this.#errorHandler?.(error, call.serverId ?? '', call.msg, call.options);
    } catch (thrown) {
      throwUncaught(thrown); // the handler's own fault: the call has its error already
    }
  }
}

/** Filters may rewrite a message as they like, but there must be something to send. */
function whyUnsendable({ msg, opts }: Filtered<RpcMessage, CallOptions>): Error | undefined {
  const names = [msg?.namespace, msg?.service, msg?.method]; // the server is chosen by now: its type is not needed
  if (names.every((name) => typeof name === 'string') && Array.isArray(msg.args) && typeof opts === 'object')
    return undefined;
  return new Error('the before filters left no message { namespace, service, method, args } to send');
}
