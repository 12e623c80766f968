export { type EjectionOptions, resolveEjection } from './options.js';
export { OutageLog } from './outage-log.js';
export { Outliers, type Readmission } from './outliers.js';
export type { ServerHealthReport } from './server-health.js';
