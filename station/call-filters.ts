import type { CallOptions } from '../lib/call/call-contract.js';
import type { HeldCalls } from '../lib/call/held-calls.js';
import type { OutgoingCall } from '../lib/call/outgoing-call.js';
import { RpcCode, type RpcError } from '../lib/errors.js';
import { invalid } from '../lib/options.js';
import { throwUncaught } from '../lib/uncaught.js';
import {
  type Filter,
  type Filtered,
  type FilterPhase,
  type PreparedFilter,
  prepareFilter,
  runFilters,
} from './filters.js';

/** What a filter's failure is reported to, beside its call's caller. Source: pomelo-rpc, `setErrorHandler`. */
export type ErrorHandler = (error: RpcError, serverId: string, msg: OutgoingCall['msg'], opts: CallOptions) => void;

/** The filters of a station, put around its calls. A call is held, under its deadline, while one takes its time. */
export class CallFilters {
  readonly #held: HeldCalls;
  #befores: readonly PreparedFilter[] = [];
  #afters: readonly PreparedFilter[] = [];
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
    this.#befores = [...this.#befores, ...prepare(filters, 'before')];
  }

  addAfter(filters: Filter | readonly Filter[]): void {
    this.#afters = [...this.#afters, ...prepare(filters, 'after')];
  }

  setErrorHandler(handler: ErrorHandler): void {
    this.#errorHandler = handler;
  }

  /** Goes on to the server that the filters leave it with, unless one of them aborts it or its deadline passes. */
  before(call: OutgoingCall, serverId: string, goOn: (call: OutgoingCall, serverId: string) => void): void {
    // Options of its own: a filter that notes the time there must not meet another call's.
    const filtered: Filtered = { serverId, msg: call.msg, opts: { ...call.options } };
    let isDone = false;
    call.stage = 'before filters';
    runFilters(this.#befores, filtered, (error) => {
      isDone = true;
      this.#held.delete(call);
      if (call.isSettled) return; // its deadline passed meanwhile
      call.serverId = filtered.serverId;
      const failure = error ?? whyNotACall(filtered);
      if (failure !== undefined)
        return this.#fail(call, call.error(RpcCode.Filter, failure.message, 'not-sent', failure.cause));
      call.msg = filtered.msg;
      call.options = filtered.opts;
      goOn(call, filtered.serverId);
    });
    if (!isDone) this.#held.add(call);
  }

  /** Stands between the call's answer, be it a result or the method's error, and its caller. */
  after(call: OutgoingCall): void {
    call.intercept((settle) => (error, results) => {
      if (error !== undefined && error.delivery !== 'answered') return settle(error, results);
      const filtered: Filtered = { serverId: call.serverId ?? '', msg: call.msg, opts: call.options };
      let isDone = false;
      // The answer is in; what may still end the call are the filters or, if they take too long, its deadline.
      const answered = call.renew(settle);
      answered.stage = 'after filters';
      runFilters(this.#afters, filtered, (failure) => {
        isDone = true;
        this.#held.delete(answered);
        if (failure !== undefined) {
          this.#fail(answered, answered.error(RpcCode.Filter, failure.message, 'answered', failure.cause));
        } else if (error === undefined) answered.succeed(results);
        else answered.fail(error);
      });
      if (!isDone) this.#held.add(answered);
    });
  }

  #fail(call: OutgoingCall, error: RpcError): void {
    if (!call.fail(error)) return;
    try {
      this.#errorHandler?.(error, call.serverId ?? '', call.msg, call.options);
    } catch (thrown) {
      throwUncaught(thrown); // its own fault, and no affair of the call's
    }
  }
}

function prepare(given: Filter | readonly Filter[], phase: FilterPhase): readonly PreparedFilter[] {
  const filters = (Array.isArray(given) ? given : [given]) as readonly Filter[];
  for (const filter of filters) {
    const fits = typeof filter === 'function' || (typeof filter === 'object' && filter !== null);
    if (!fits) throw invalid(`a filter must be a function or an object with before or after, got ${String(filter)}`);
  }
  return filters.map((filter) => prepareFilter(filter, phase)).filter((filter) => filter !== undefined);
}

/** What filters may leave of a message is up to them; but there must be something to send. */
function whyNotACall({ msg, opts }: Filtered): Error | undefined {
  const names = [msg?.namespace, msg?.service, msg?.method]; // the server is chosen by now: its type is not needed
  if (names.every((name) => typeof name === 'string') && Array.isArray(msg.args) && typeof opts === 'object')
    return undefined;
  return new Error('the before filters left no message { namespace, service, method, args } to send');
}
