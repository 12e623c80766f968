import { AsyncResource } from 'node:async_hooks';
import Bluebird from 'bluebird';
import { throwUncaught } from './uncaught.js';

/** Callback in Node's form, the error first. */
export type Callback<T extends readonly unknown[] = readonly unknown[]> = (error: Error | null, ...results: T) => void;

/**
 * The seam between the two styles of `start(cb)` and `await start()`: the promise is returned, and where a callback
 * was given, it is called too. A callback that throws is an uncaught exception, as it is in Node.
 */
export function withCallback<T>(
  promise: Promise<T>,
  callback: ((error: Error | null, value?: T) => void) | undefined,
): Promise<T> {
  if (callback === undefined) return promise;
  Bluebird.resolve(promise).asCallback(callback);
  return promise;
}

/**
 * A user's callback, made safe to call from the middle of our own work: it runs in the async context in which it was
 * handed over (AsyncLocalStorage sees the caller's store), and what it throws becomes an uncaught exception, as it
 * would in Node, without harm to whoever called it.
 */
export function userCallback<A extends unknown[]>(callback: (...args: A) => void): (...args: A) => void {
  const context = new AsyncResource('mailstation.callback', { requireManualDestroy: true });
  return (...args) => {
    try {
      context.runInAsyncScope(callback, undefined, ...args);
    } catch (error) {
      throwUncaught(error);
    } finally {
      context.emitDestroy();
    }
  };
}
