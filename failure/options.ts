import { DEFAULT_FAIL_OPTIONS, type FailOptions, resolveFailOptions } from '../lib/call/fail-mode.js';
import { integer, invalid } from '../lib/options.js';
import type { RetryBudgetOptions } from './retry-budget.js';

export interface FailureOptions extends FailOptions {
  /** Retries in all, over the calls to one server type, beside those of calls that never left this process. @default Finagle's */
  readonly retryBudget?: RetryBudgetOptions;
  /** With `failback`: calls that may wait to be tried again. Past it a call fails. Unit: calls. @default 100 — Dubbo */
  readonly failbackSize?: number;
}

export interface ResolvedFailureOptions {
  readonly calls: Required<FailOptions>;
  readonly retryBudget: Required<RetryBudgetOptions>;
  readonly failbackSize: number;
}

export function resolveFailureOptions(given: FailureOptions): ResolvedFailureOptions {
  return Object.freeze({
    calls: Object.freeze(resolveFailOptions(given, DEFAULT_FAIL_OPTIONS)),
    retryBudget: retryBudget(given.retryBudget),
    failbackSize: integer('failbackSize', given.failbackSize, 100, 0),
  });
}

function retryBudget(given: RetryBudgetOptions = {}): Required<RetryBudgetOptions> {
  if (typeof given !== 'object' || given === null)
    throw invalid('retryBudget must be an object { ratio, minPerSecond }');
  const { ratio = 0.2 } = given;
  if (typeof ratio !== 'number' || !(ratio >= 0 && ratio <= 1))
    throw invalid(`retryBudget.ratio must be a number from 0 to 1, got ${String(ratio)}`);
  return { ratio, minPerSecond: integer('retryBudget.minPerSecond', given.minPerSecond, 10, 0) };
}
