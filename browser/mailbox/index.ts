export type { StreamWindowOptions } from '../../lib/protocol/stream-window-options.js';
export type { MailBox, MailBoxEvents } from '../../mailbox/mailbox.js';
export { codeOutOfReach, notConnected } from '../../mailbox/not-connected.js';
export {
  DEFAULT_PENDING_SIZE,
  MAILBOX_DEFAULTS,
  type MailBoxOptions,
  type ResolvedMailBoxOptions,
  resolveMailBoxOptions,
} from '../../mailbox/options.js';
export type { MailBoxState } from '../../mailbox/state.js';
export { outOfReachNow } from './out-of-reach-now.js';
