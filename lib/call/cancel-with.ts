import { outsideContexts } from '../async-context.js';
import { outerCall } from '../call-context.js';
import { RpcCode } from '../errors.js';
import type { OutgoingCall } from './outgoing-call.js';

/** Calls by the signal that cancels them. A signal has one listener for all its calls, and none without calls. */
const watches = new WeakMap<AbortSignal, SignalWatch>();

class SignalWatch {
  readonly #signal: AbortSignal;
  readonly #calls = new Set<OutgoingCall>();

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  add(call: OutgoingCall): void {
    this.#calls.add(call);
    if (this.#calls.size === 1) this.#signal.addEventListener('abort', this.#onAbort);
  }

  delete(call: OutgoingCall): void {
    if (this.#calls.delete(call) && this.#calls.size === 0) this.#signal.removeEventListener('abort', this.#onAbort);
  }

  readonly #onAbort = (): void => {
    // The signal may be aborted in the async context of another caller, and the ends of calls run users' listeners.
    outsideContexts(() => {
      for (const call of [...this.#calls]) call.cancel(this.#signal.reason);
    });
  };
}

/**
 * Ties the call to its caller's signal, and to the call that is being served where this one is made. False, and the call
 * has failed, where it is cancelled already or no time is left for it.
 */
export function joinCancellation(call: OutgoingCall): boolean {
  const { signal } = call.options;
  if (signal !== undefined && !cancelWith(call, signal)) return false;
  const outer = outerCall();
  if (outer === undefined) return true;
  if (call.timeout > 0) return cancelWith(call, outer.context.signal);
  const why = `no time is left to ${outer.context.method}, as a part of which it was called`;
  call.fail(call.error(RpcCode.Timeout, why, 'not-sent', outer.context.signal.reason));
  return false;
}

/**
 * Cancels the call when the signal aborts. A call that has settled leaves nothing on the signal. False where the signal is
 * aborted already; the call has failed then.
 */
export function cancelWith(call: OutgoingCall, signal: AbortSignal): boolean {
  if (signal.aborted) {
    call.cancel(signal.reason);
    return false;
  }
  let watch = watches.get(signal);
  if (watch === undefined) {
    watch = new SignalWatch(signal);
    watches.set(signal, watch);
  }
  const watching = watch;
  call.cancelledBy(signal);
  watching.add(call);
  call.intercept((settle) => (error, results) => {
    watching.delete(call);
    settle(error, results);
  });
  return true;
}

/** True for whatever can be listened to as an `AbortSignal` is: signals of other realms and of polyfills can. */
export function isAbortSignal(value: unknown): value is AbortSignal {
  if (typeof value !== 'object' || value === null) return false;
  const { aborted, addEventListener, removeEventListener } = value as Partial<AbortSignal>;
  return (
    typeof aborted === 'boolean' && typeof addEventListener === 'function' && typeof removeEventListener === 'function'
  );
}
