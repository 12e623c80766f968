import { type Filled, integer, oneOf } from '../../../lib/options.js';

export const FAIL_MODES = ['failfast', 'failover'] as const;
/**
 * Handling of a call that fails. docs/failure.md has the details of each mode.
 * - `failfast`: the call is rejected.
 * - `failover`: the call is sent to another server of the type, never to one that was tried before.
 */
export type FailMode = (typeof FAIL_MODES)[number];

/** Failure mode and retries, for all calls of a client or for one call. */
export interface FailOptions {
  /** Handling of a call that fails. Range: 'failfast' or 'failover'. @default 'failfast' */
  readonly failMode?: FailMode | undefined;
  /** Number of retries after the first attempt. Unit: retries. Range: from 0. @default 3 */
  readonly retryTimes?: number | undefined;
}

/** Fills in what is missing from `defaults`. Throws {@link RpcCode.InvalidArgument} for options out of range. */
export function resolveFailOptions(given: FailOptions, defaults: Filled<FailOptions>): Filled<FailOptions> {
  return {
    failMode: oneOf('failMode', given.failMode, defaults.failMode, FAIL_MODES),
    retryTimes: integer('retryTimes', given.retryTimes, defaults.retryTimes, 0),
  };
}

export const DEFAULT_FAIL_OPTIONS: Filled<FailOptions> = Object.freeze({ failMode: 'failfast', retryTimes: 3 });
