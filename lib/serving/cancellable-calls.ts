import { RpcCode, RpcError } from '../errors.js';
import { DeadlineTimer } from '../transport/deadline-timer.js';
import type { IncomingCall } from './incoming-call.js';

/**
 * The calls of one connection that want to be told when nobody waits for them any more: those whose context was asked
 * for, and those that wait to be started. Of others that are cancelled only the id is kept, so that their answers are
 * not sent; most calls are never in here.
 */
export class CancellableCalls {
  readonly #calls = new Set<IncomingCall>();
  /** The latest of each id: a caller that gives it to two at once can cancel only that one. */
  readonly #byId = new Map<number, IncomingCall>();
  /** Cancelled, and not watched when they were; the oldest first. */
  readonly #cancelled = new Set<number>();
  readonly #timer = new DeadlineTimer((now) => this.#expire(now));

  add(call: IncomingCall): void {
    this.#calls.add(call);
    this.#byId.set(call.id, call);
    if (this.#cancelled.has(call.id)) call.abort(cancelled());
    else if (Number.isFinite(call.deadline)) this.#timer.note(call.deadline);
  }

  /** The call of this id is not wanted any more: returned where it is watched. `serving`: calls that are not over. */
  cancel(id: number, serving: number): IncomingCall | undefined {
    const call = this.#byId.get(id);
    if (call !== undefined) {
      call.cancelled(cancelled());
      return call;
    }
    this.#cancelled.add(id);
    // Some of them were answered while their cancel was on its way: of calls that are over nothing needs to be known.
    for (const oldest of this.#cancelled) {
      if (this.#cancelled.size <= serving) break;
      this.#cancelled.delete(oldest);
    }
    return undefined;
  }

  /** Its answer is not to be sent. */
  isCancelled(id: number): boolean {
    return this.#cancelled.has(id);
  }

  /** A call of this id begins: what was cancelled by it before is another. */
  begins(id: number): void {
    this.#byId.delete(id);
    this.#cancelled.delete(id);
  }

  /** The call is over, watched or not. */
  forget(call: IncomingCall): void {
    this.#calls.delete(call);
    if (this.#byId.get(call.id) === call) this.#byId.delete(call.id);
    this.#cancelled.delete(call.id);
    if (this.#calls.size === 0) this.#timer.stop();
  }

  /** Nobody waits for any of them, except for one-way calls, for which nobody ever did. */
  abortAll(reason: RpcError): IncomingCall[] {
    const calls = [...this.#calls].filter((call) => !call.oneway);
    for (const call of calls) call.abort(reason);
    return calls;
  }

  #expire(now: number): number {
    let earliest = Number.POSITIVE_INFINITY;
    for (const call of [...this.#calls]) {
      if (call.deadline <= now) call.expire();
      else if (call.deadline < earliest) earliest = call.deadline;
    }
    return earliest;
  }
}

function cancelled(): RpcError {
  return new RpcError(RpcCode.Cancelled, 'the caller has cancelled the call, or given it up');
}
