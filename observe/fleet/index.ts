/** A set of servers that are asked at an interval: samples with rates. Used by the command line and the dashboard. */

export { type Address, readAddress } from './address.js';
export { inParallel } from './in-parallel.js';
export type { FleetClient, FleetPollerEvents, FleetPollerOptions, UnknownServer, UnknownServers } from './poller.js';
export { FleetPoller, POLLER_DEFAULTS } from './poller.js';
export { type Asking, ask, readStats } from './questions.js';
export { mergedMethods, mergedRates, OUTCOMES } from './rates.js';
export type {
  AnswerState,
  FleetSample,
  MethodSample,
  Rates,
  SampleFailure,
  ServerReport,
  ServerSample,
} from './sample.js';
export { connectionsIn, recentCallsIn, reflectionIn } from './shapes.js';
export { type Fleet, type FleetTargets, openFleet } from './targets.js';
