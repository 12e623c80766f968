export { Attempt } from './attempt.js';
export { FailureModes } from './failure-modes.js';
export { FAILURE_DEFAULTS, type FailureOptions, resolveFailureOptions } from './options.js';
export type { CallWays } from './policy.js';
export { Reachability } from './reachability.js';
export type { RetryBudgetOptions } from './retry-budget.js';
