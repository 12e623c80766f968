export { Attempt } from './attempt.js';
export { FailureModes } from './failure-modes.js';
export { FAILURE_DEFAULTS, type FailureOptions, resolveFailureOptions } from './options.js';
export type { RetryBudgetOptions } from './retry-budget.js';
