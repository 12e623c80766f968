import { DEFAULT_FAIL_OPTIONS, type FailOptions, resolveFailOptions } from '../lib/call/fail-mode.js';
import { type Filled, integer, invalid } from '../lib/options.js';
import { RETRY_BUDGET_DEFAULTS, type RetryBudgetOptions } from './retry-budget.js';

/** Failure modes of a client, and the bounds of its retries. */
export interface FailureOptions extends FailOptions {
  /** Retries in all, over the calls to one server type. Retries of calls that never left this process are not counted. */
  readonly retryBudget?: RetryBudgetOptions | undefined;
  /**
   * With `failback`: calls that may wait to be tried again. Past this number a call fails.
   * Unit: calls. Range: from 0. Source: Dubbo.
   * @default 100
   */
  readonly failbackSize?: number | undefined;
}

export const FAILURE_DEFAULTS = Object.freeze({ ...DEFAULT_FAIL_OPTIONS, failbackSize: 100 }) satisfies FailureOptions;

export interface ResolvedFailureOptions {
  readonly calls: Filled<FailOptions>;
  readonly retryBudget: Filled<RetryBudgetOptions>;
  readonly failbackSize: number;
}

export function resolveFailureOptions(given: FailureOptions): ResolvedFailureOptions {
  return Object.freeze({
    calls: Object.freeze(resolveFailOptions(given, DEFAULT_FAIL_OPTIONS)),
    retryBudget: retryBudget(given.retryBudget),
    failbackSize: integer('failbackSize', given.failbackSize, FAILURE_DEFAULTS.failbackSize, 0),
  });
}

function retryBudget(given: RetryBudgetOptions = {}): Filled<RetryBudgetOptions> {
  if (typeof given !== 'object' || given === null)
    throw invalid('retryBudget must be an object { ratio, minPerSecond }');
  const { ratio = RETRY_BUDGET_DEFAULTS.ratio } = given;
  if (typeof ratio !== 'number' || !(ratio >= 0 && ratio <= 1))
    throw invalid(`retryBudget.ratio must be a number from 0 to 1, got ${String(ratio)}`);
  return {
    ratio,
    minPerSecond: integer('retryBudget.minPerSecond', given.minPerSecond, RETRY_BUDGET_DEFAULTS.minPerSecond, 0),
  };
}
