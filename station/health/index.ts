export { type EjectionOptions, resolveEjection } from './options.js';
export { OutageLog } from './outage-log.js';
export type { Readmission } from './outliers.js';
export { ServerChoice } from './server-choice.js';
export type { ServerHealthReport } from './server-health.js';
