// The page that shows servers and callers at work, published as mailstation/dashboard. docs/dashboard.md has more.

export { createDashboard, Dashboard } from './dashboard/dashboard.js';
export type { DashboardOptions } from './dashboard/options.js';
export type {
  CallAnswer,
  CallRequest,
  Delta,
  End,
  History,
  Problem,
  Recording,
  Snapshot,
} from './dashboard/snapshot.js';
