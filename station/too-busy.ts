import { RpcCode, RpcError } from '../lib/errors.js';
import { loopLag } from '../lib/loop-lag.js';
import { invalid, timeoutMs, unfit } from '../lib/options.js';
import { unknownOptions } from '../lib/unknown-options.js';
import type { FilterObject } from './filters.js';

/** Options of {@link tooBusy}. */
export interface TooBusyOptions {
  /**
   * Smoothed lag of the event loop above which calls are refused.
   * Unit: ms. Range: 1 to 2^31 - 1. Source: pomelo.
   * @default 70
   */
  maxLag?: number;
}

export const TOO_BUSY_DEFAULTS = Object.freeze({ maxLag: 70 }) satisfies TooBusyOptions;

/**
 * Makes a before filter that refuses the calls of a process whose own event loop lags, since that process would read the
 * answers too late. Calls reject with `ERR_RPC_FILTER`, `delivery: 'not-sent'`, and `ERR_RPC_OVERLOADED` as the cause.
 * As a filter of a server (`server.before(tooBusy())`), refuses the calls that arrive: their callers get `ERR_RPC_OVERLOADED`.
 * Source: pomelo's filter `toobusy`.
 * @throws {@link RpcCode.InvalidArgument} when `maxLag` is out of range, and for another option: a filter has no logger for a warning
 * @example
 * ```ts
 * import { createClient, tooBusy } from 'mailstation';
 *
 * const client = createClient();
 * client.before(tooBusy({ maxLag: 100 }));
 * ```
 */
export function tooBusy(options: TooBusyOptions = {}): FilterObject {
  if (typeof options !== 'object' || options === null)
    throw unfit('the options of tooBusy()', 'an object { maxLag }', options);
  const [unknown] = unknownOptions(options, { names: { maxLag: true } });
  if (unknown !== undefined) throw invalid(`tooBusy() has no option ${unknown}`);
  const maxLag = timeoutMs('maxLag', options.maxLag, TOO_BUSY_DEFAULTS.maxLag);
  return {
    name: 'tooBusy',
    before: () => {
      const lag = loopLag.ms;
      if (lag <= maxLag) return;
      const why = `this process is too busy: the event loop is ${Math.round(lag)} ms late, and maxLag is ${maxLag} ms`;
      throw new RpcError(RpcCode.Overloaded, why);
    },
  };
}
