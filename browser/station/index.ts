export type { MailStationState } from '../../station/state.js';
export { MailStation, type MailStationEvents } from './mailstation.js';
export { type MailStationOptions, resolveMailStationOptions } from './options.js';
