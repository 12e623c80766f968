import { AsyncResource } from './async-hooks.js';

/** The async context in which the package was loaded. No caller's `AsyncLocalStorage` has a store there. */
const OUTSIDE = new AsyncResource('mailstation');

/**
 * Runs work that belongs to no caller, such as an election, a connection or a listener, outside of every caller's async
 * context. Without this the first caller's store would be seen by the functions of others, and kept for as long as the
 * work goes on.
 */
export function outsideContexts<T>(work: () => T): T {
  return OUTSIDE.runInAsyncScope(work);
}

/**
 * The async context of now, for work that goes on in it later, as often as needed: `const resume = contextOfNow()`, and later
 * `resume(work)`.
 */
export function contextOfNow(): <T>(work: () => T) => T {
  const context = new AsyncResource('mailstation.context');
  return (work) => context.runInAsyncScope(work);
}

/** Binds a function that is called once, later, to the async context of now. */
export function inThisContext(fn: () => void): () => void {
  const context = new AsyncResource('mailstation.held', { requireManualDestroy: true });
  return () => {
    context.runInAsyncScope(fn);
    context.emitDestroy();
  };
}
