import { integer, MAX_TIMEOUT_MS, oneOf } from '../options.js';

/**
 * What becomes of a call that fails. Source of the names: pomelo-rpc; docs/failure.md has what each does when.
 * - `failfast`: its caller is told.
 * - `failover`: another server of the type is tried, never one that was tried before.
 * - `failsafe`: the same server is tried again, after waits that grow.
 * - `failback`: it is taken on for later, and its caller gets a receipt.
 */
export const FAIL_MODES = ['failfast', 'failover', 'failsafe', 'failback'] as const;
export type FailMode = (typeof FAIL_MODES)[number];

/** What a client may say for all its calls, and a call for itself. */
export interface FailOptions {
  /** What becomes of a call that fails. @default 'failfast' */
  readonly failMode?: FailMode;
  /** How often a call is tried again, after its first attempt. Range: from 0. @default 3, as pomelo-rpc's failsafe */
  readonly retryTimes?: number;
  /**
   * `failsafe` waits so long before the first retry, twice as long before the second, and so on, give or take a fifth;
   * `failback` so long before each. Unit: ms. @default 5_000, as pomelo-rpc
   */
  readonly retryConnectTime?: number;
}

/** Throws {@link RpcCode.InvalidArgument} for what is none; what is missing comes from `defaults`. */
export function resolveFailOptions(given: FailOptions, defaults: Required<FailOptions>): Required<FailOptions> {
  return {
    failMode: oneOf('failMode', given.failMode, defaults.failMode, FAIL_MODES),
    retryTimes: integer('retryTimes', given.retryTimes, defaults.retryTimes, 0),
    retryConnectTime: integer('retryConnectTime', given.retryConnectTime, defaults.retryConnectTime, 0, MAX_TIMEOUT_MS),
  };
}

export const DEFAULT_FAIL_OPTIONS: Required<FailOptions> = Object.freeze({
  failMode: 'failfast',
  retryTimes: 3,
  retryConnectTime: 5_000,
});
