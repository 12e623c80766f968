export type { Filter, FilterFunction, FilterNext, FilterObject } from './filters.js';
export { type ErrorHandler, MailStation, type MailStationEvents, type MailStationState } from './mailstation.js';
export { type MailStationOptions, type ResolvedMailStationOptions, resolveMailStationOptions } from './options.js';
