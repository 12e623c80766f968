import { loopLag } from '../loop-lag.js';
import { intakeTurns } from '../transport/intake-turns.js';

/**
 * Reason to refuse the call that is being handled, since this process is late by more than `maxLag`; undefined: it is not. Unit: ms
 *
 * The event loop of a server whose methods take the processor is on time all the same: after some milliseconds the rest of the requests waits
 * for the next turn. Therefore the time counts too for which the call has waited so.
 */
export function whyLate(maxLag: number): string | undefined {
  const lag = loopLag.ms;
  if (lag > maxLag)
    return `the server is overloaded: its event loop lags ${Math.round(lag)} ms, and maxEventLoopLag allows ${maxLag} ms`;
  const waited = intakeTurns.waitedMs;
  if (waited <= maxLag) return undefined;
  return `the server is overloaded: the call has waited ${Math.round(waited)} ms for its turn since it arrived, and maxEventLoopLag allows ${maxLag} ms`;
}
