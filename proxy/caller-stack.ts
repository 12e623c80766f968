/**
 * Rejects with an error whose stack leads to the function that awaits the call. The error was made where the failure arrived,
 * in the handler of a socket or a timer, whose frames say nothing about the caller.
 *
 * V8 finds the awaiting functions from a promise that is still pending: the promise of this function, by which the call's own
 * promise is resolved. The first await lets that resolution take place, and the second one continues in a microtask of this
 * function. A successful call pays nothing for this.
 */
export async function rejectAtCaller(error: Error): Promise<never> {
  await undefined;
  await undefined;
  Error.captureStackTrace(error);
  throw error;
}
