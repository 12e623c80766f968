import type { Callback } from '../lib/callback.js';
import { CalledBackError, resultsOf } from '../lib/called-back.js';
import type { RpcError } from '../lib/errors.js';
import { firstOf } from '../lib/falsy-first.js';

/** Calls the callback of a call that is over. `inPomelosForm`: the callback gets what the method gave its own, whatever that was. */
export function passResults(
  callback: Callback<unknown[]>,
  error: RpcError | undefined,
  results: readonly unknown[],
  inPomelosForm: boolean,
): void {
  if (!inPomelosForm) {
    if (error === undefined) callback(null, ...results);
    else callback(error);
  } else if (error === undefined) {
    // Null, or the value that the method gave its own callback in the place of the error.
    callback((firstOf(results) ?? null) as Error | null, ...results);
  } else if (error.cause instanceof CalledBackError) {
    const [first, ...rest] = error.cause.callbackArguments;
    callback(first as Error | null, ...rest);
  } else {
    callback(error, ...(resultsOf(error.cause) ?? []));
  }
}
