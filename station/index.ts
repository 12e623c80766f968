export type { MailBoxState } from '../mailbox/index.js';
export type { ShareOptions } from '../mailbox/shared/options.js';
export type { SharingState } from '../mailbox/shared/sharing.js';
export type { ErrorHandler } from './call-filters.js';
export type { TraceStep } from './call-tracer.js';
export type { MailStationEvents } from './events.js';
export type { Filter, FilterFunction, FilterNext, FilterObject } from './filters.js';
export type { EjectionOptions, Readmission, ServerHealthReport } from './health/index.js';
export { MailStation } from './mailstation.js';
export {
  type MailStationOptions,
  type ResolvedMailStationOptions,
  resolveMailStationOptions,
  STATION_DEFAULTS,
} from './options.js';
export type { Presence } from './presence.js';
export type { MailStationState } from './state.js';
export { type TooBusyOptions, tooBusy } from './too-busy.js';
