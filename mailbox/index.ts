export { Attempts, type ConnectAttempts } from './attempts.js';
export { type CustomMailBox, type CustomMailBoxFactory, ForeignMailBox, type PlainMailBox } from './foreign-mailbox.js';
export { LineMailBox } from './line-mailbox.js';
export type { MailBox, MailBoxEvents } from './mailbox.js';
export { notConnected } from './not-connected.js';
export {
  DEFAULT_PENDING_SIZE,
  type MailBoxOptions,
  type ResolvedMailBoxOptions,
  resolveMailBoxOptions,
} from './options.js';
export { MAILBOX_TRANSITIONS, type MailBoxState } from './state.js';
