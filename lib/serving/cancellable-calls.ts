import { RpcCode, RpcError } from '../errors.js';
import { DeadlineTimer, deadlineOf, scanDue } from '../transport/deadline-timer.js';
import type { IncomingCall } from './incoming-call.js';

/**
 * Calls of one connection that are notified when their caller has given them up: calls whose context was asked for, and
 * queued calls. Most calls are never in here. When another call is cancelled, only its id is remembered, so that its answer
 * is not sent.
 */
export class CancellableCalls {
  readonly #calls = new Set<IncomingCall>();
  /** The latest call of each id: a peer that uses an id for two calls at once can cancel only the later one. */
  readonly #byId = new Map<number, IncomingCall>();
  /** Ids of cancelled calls that are not in here, the oldest first. */
  readonly #cancelled = new Set<number>();
  readonly #timer = new DeadlineTimer((now) => this.#expire(now));

  add(call: IncomingCall): void {
    this.#calls.add(call);
    this.#byId.set(call.id, call);
    if (this.#cancelled.has(call.id)) call.abort(cancelled());
    else if (Number.isFinite(call.deadline)) this.#timer.note(call.deadline);
  }

  /** Notifies the call with this id, and returns that call if it is in here. `serving`: number of calls that are not over. */
  cancel(id: number, serving: number): IncomingCall | undefined {
    const call = this.#byId.get(id);
    if (call !== undefined) {
      call.cancelled(cancelled());
      return call;
    }
    this.#cancelled.add(id);
    // Some of these calls were answered before their cancel arrived. More ids than unfinished calls are never of use.
    for (const oldest of this.#cancelled) {
      if (this.#cancelled.size <= serving) break;
      this.#cancelled.delete(oldest);
    }
    return undefined;
  }

  /** True where the answer must not be sent. */
  isCancelled(id: number): boolean {
    return this.#cancelled.has(id);
  }

  /** A call with this id begins: an earlier cancel with the same id concerned another call. */
  begins(id: number): void {
    this.#byId.delete(id);
    this.#cancelled.delete(id);
  }

  /** The call is over. A call that is not in here is no error. */
  forget(call: IncomingCall): void {
    this.#calls.delete(call);
    if (this.#byId.get(call.id) === call) this.#byId.delete(call.id);
    this.#cancelled.delete(call.id);
    if (this.#calls.size === 0) this.#timer.stop();
  }

  /** Aborts all calls but the one-way calls, whose callers never wait for an answer. */
  abortAll(reason: RpcError): IncomingCall[] {
    const calls = [...this.#calls].filter((call) => !call.oneway);
    for (const call of calls) call.abort(reason);
    return calls;
  }

  #expire(now: number): number {
    return scanDue(this.#calls, now, deadlineOf, (call) => call.expire());
  }
}

function cancelled(): RpcError {
  return new RpcError(RpcCode.Cancelled, 'the caller has cancelled the call, or has stopped waiting for the answer');
}
