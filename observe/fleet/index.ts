/** A set of servers that are asked at an interval: samples with rates. Used by the command line and the dashboard. */

export { readAddress } from './address.js';
export { inParallel } from './in-parallel.js';
export { isOfServices } from './of-services.js';
export type { FleetClient, UnknownServers } from './poller.js';
export { FleetPoller } from './poller.js';
export { type Asking, ask } from './questions.js';
export { mergedMethods, mergedRates } from './rates.js';
export type {
  FleetSample,
  MethodSample,
  Rates,
  SampleFailure,
  ServerSample,
} from './sample.js';
export { connectionsIn, recentCallsIn, reflectionIn } from './shapes.js';
export { type Fleet, type FleetTargets, openFleet } from './targets.js';
