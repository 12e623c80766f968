export type { StreamWindowOptions } from '../lib/protocol/stream-window-options.js';
export { BaseMailBox } from './base-mailbox.js';
export { connectAdvice } from './connect-advice.js';
export { type ConnectHook, ConnectHooks, type FreshConnection } from './connect-hooks.js';
export type { CustomMailBox, CustomMailBoxFactory, PlainMailBox } from './custom-mailbox.js';
export { CustomMailBoxAdapter } from './custom-mailbox-adapter.js';
export { LineMailBox, type OpenLine } from './line-mailbox.js';
export type { MailBox, MailBoxEvents } from './mailbox.js';
export { codeOutOfReach, notConnected } from './not-connected.js';
export {
  DEFAULT_PENDING_SIZE,
  MAILBOX_DEFAULTS,
  type MailBoxOptions,
  type ResolvedMailBoxOptions,
  resolveMailBoxOptions,
} from './options.js';
export { outOfReachNow } from './out-of-reach-now.js';
export { PreparedMailBox } from './prepared-mailbox.js';
export type { MailBoxState } from './state.js';
