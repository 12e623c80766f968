import type { Callback } from '../../lib/callback.js';
import type { RpcError } from '../../lib/errors.js';

/** Calls the callback of a call that is over. A page makes no calls in pomelo's form. */
export function passResults(
  callback: Callback<unknown[]>,
  error: RpcError | undefined,
  results: readonly unknown[],
  _inPomelosForm: boolean,
): void {
  callback(error ?? null, ...results);
}
