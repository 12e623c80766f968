import type { OutgoingCall } from './outgoing-call.js';

/** By signal, the calls that it cancels: it has one listener however many they are, and none when there are none. */
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
    for (const call of [...this.#calls]) call.cancel(this.#signal.reason);
  };
}

/**
 * Cancels the call when the signal aborts. Nothing of the call is left on the signal once it has settled. False where
 * the signal is aborted already; the call has been failed then.
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
  call.isCancellable = true;
  watching.add(call);
  call.intercept((settle) => (error, results) => {
    watching.delete(call);
    settle(error, results);
  });
  return true;
}

/** Whether it can be listened to as an `AbortSignal` is: those of other realms, and of polyfills, can. */
export function isAbortSignal(value: unknown): value is AbortSignal {
  if (typeof value !== 'object' || value === null) return false;
  const { aborted, addEventListener, removeEventListener } = value as Partial<AbortSignal>;
  return (
    typeof aborted === 'boolean' && typeof addEventListener === 'function' && typeof removeEventListener === 'function'
  );
}
