import { type Callback, withCallback } from './callback.js';
import { boolean } from './options.js';

/**
 * Stops with what `stop(force, callback)` was given. Rejects for a `force` that is neither true nor false, such as an object of
 * options, and stops nothing then. Programs in JavaScript pass `null` where they mean "not given".
 */
export function stopWith(
  force: unknown,
  callback: Callback<[]> | undefined,
  stop: (isForced: boolean) => Promise<void>,
): Promise<void> {
  let isForced = false;
  try {
    isForced = boolean('the first argument of stop()', force ?? false, false);
  } catch (error) {
    return withCallback(Promise.reject(error), callback);
  }
  return withCallback(stop(isForced), callback);
}
