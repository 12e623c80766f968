import { type Filled, integer, oneOf, timeoutMs } from '../options.js';

/** Names of the failure modes; see {@link FailMode}. */
export const FAIL_MODES = ['failfast', 'failover', 'failsafe', 'failback'] as const;
/**
 * Handling of a call that fails. docs/failure.md has the details of each mode. Source of the names: pomelo-rpc.
 * - `failfast`: the call is rejected.
 * - `failover`: the call is sent to another server of the type, never to one that was tried before.
 * - `failsafe`: the call is sent to the same server again, after waits that grow.
 * - `failback`: the call is repeated in the background, and the caller gets a {@link FailbackReceipt}.
 */
export type FailMode = (typeof FAIL_MODES)[number];

/** Failure mode and retries, for all calls of a client or for one call. */
export interface FailOptions {
  /**
   * Handling of a call that fails. Range: 'failfast', 'failover', 'failsafe' or 'failback'. Source: pomelo-rpc.
   * @default 'failfast'
   */
  readonly failMode?: FailMode | undefined;
  /**
   * Number of retries after the first attempt.
   * Unit: retries. Range: from 0. Source: pomelo-rpc's failsafe.
   * @default 3
   */
  readonly retryTimes?: number | undefined;
  /**
   * With `failsafe`: wait before the first retry. The second retry waits twice as long, the third three times as long, and
   * so on, each with a jitter of a fifth. With `failback`: wait before each retry.
   * Unit: ms. Range: 0 to 2^31 - 1. Source: pomelo-rpc.
   * @default 5_000
   */
  readonly retryConnectTime?: number | undefined;
}

/** Fills in what is missing from `defaults`. Throws {@link RpcCode.InvalidArgument} for options out of range. */
export function resolveFailOptions(given: FailOptions, defaults: Filled<FailOptions>): Filled<FailOptions> {
  return {
    failMode: oneOf('failMode', given.failMode, defaults.failMode, FAIL_MODES),
    retryTimes: integer('retryTimes', given.retryTimes, defaults.retryTimes, 0),
    retryConnectTime: timeoutMs('retryConnectTime', given.retryConnectTime, defaults.retryConnectTime, 0),
  };
}

export const DEFAULT_FAIL_OPTIONS: Filled<FailOptions> = Object.freeze({
  failMode: 'failfast',
  retryTimes: 3,
  retryConnectTime: 5_000,
});
