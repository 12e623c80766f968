import { RpcCode, RpcError } from '../lib/errors.js';
import { loopLag } from '../lib/loop-lag.js';
import { integer, MAX_TIMEOUT_MS } from '../lib/options.js';
import type { FilterObject } from './filters.js';

export interface TooBusyOptions {
  /** How late the event loop may run, as a smoothed measure. Unit: ms. @default 70 — pomelo */
  maxLag?: number;
}

/**
 * A before filter: refuses the calls of a process that is too busy itself, since it would not get to their answers in
 * time either. They fail with `ERR_RPC_FILTER`, `delivery: 'not-sent'`, and `ERR_RPC_OVERLOADED` as the cause. Throws
 * {@link RpcCode.InvalidArgument}. Source: pomelo's filter `toobusy`.
 */
export function tooBusy(options: TooBusyOptions = {}): FilterObject {
  const maxLag = integer('maxLag', options.maxLag, 70, 1, MAX_TIMEOUT_MS);
  return {
    name: 'tooBusy',
    before: () => {
      const lag = loopLag.ms;
      if (lag <= maxLag) return;
      const why = `this process is too busy: its event loop is ${Math.round(lag)} ms late, and maxLag is ${maxLag} ms`;
      throw new RpcError(RpcCode.Overloaded, why);
    },
  };
}
