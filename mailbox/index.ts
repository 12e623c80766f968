export {
  type CustomMailBox,
  CustomMailBoxAdapter,
  type CustomMailBoxFactory,
  type PlainMailBox,
} from './custom-mailbox.js';
export { type ConnectAttempts, DialAttempts } from './dial-attempts.js';
export { LineMailBox } from './line-mailbox.js';
export type { MailBox, MailBoxEvents } from './mailbox.js';
export { notConnected } from './not-connected.js';
export {
  DEFAULT_PENDING_SIZE,
  MAILBOX_DEFAULTS,
  type MailBoxOptions,
  type ResolvedMailBoxOptions,
  resolveMailBoxOptions,
} from './options.js';
export { MAILBOX_TRANSITIONS, type MailBoxState } from './state.js';
