import { AsyncResource } from './async-hooks.js';
import { throwUncaught } from './uncaught.js';

/** Callback in Node's form, the error first. */
export type Callback<T extends readonly unknown[] = readonly unknown[]> = (error: Error | null, ...results: T) => void;

/**
 * Joins the two styles `start(cb)` and `await start()`: returns the promise, and calls the callback, if one was given.
 * An error that a callback throws is an uncaught exception, as in Node.
 */
export function withCallback<T>(
  promise: Promise<T>,
  callback: ((error: Error | null, value?: T) => void) | undefined,
): Promise<T> {
  if (callback === undefined) return promise;
  const call = userCallback(callback);
  promise.then(
    (value) => (value === undefined ? call(null) : call(null, value)),
    (error) => call(error),
  );
  return promise;
}

/**
 * Makes a user's callback safe to call in the middle of our own work: the callback runs in the async context in which
 * the user gave it (AsyncLocalStorage has the caller's store), and an error that the callback throws becomes an
 * uncaught exception, as in Node, without harm to the code that called. With `onThrow`, that function gets the error, and
 * `of`, which says what the callback belongs to.
 */
export function userCallback<A extends unknown[]>(
  callback: (...args: A) => void,
  onThrow: (error: unknown, of: string) => void = throwUncaught,
  of = '',
): (...args: A) => void {
  const context = new AsyncResource('mailstation.callback', { requireManualDestroy: true });
  return (...args) => {
    try {
      context.runInAsyncScope(callback, undefined, ...args);
    } catch (error) {
      onThrow(error, of);
    } finally {
      context.emitDestroy();
    }
  };
}
