import type { Transitions } from '../lib/lifecycle.js';

/**
 *            connect()                registered             the hooks are done
 *   idle ───────────────> connecting ───────────> preparing ───────────────────> ready
 *    ^                     ^      │ failed         │     ^                         │
 *    │                     │      v                v     │ again on this connection│
 *    │              due    └── backoff <─────────────────┘                         │
 *    │                            ^     failed, lost, or goaway from the server    │
 *    │                            └────────────────────────────────────────────────┤ lost, or goaway
 *    └─────────────────────────────────────────────────────────────────────────────┘ idleTimeout passed
 *
 *   Without hooks: connecting ──> ready.
 *
 *   close():  with a line, or one that drains ──> draining ── all ended, or drainTimeout passed ──> closed
 *             without any, or forced ───────────────────────────────────────────────────────────> closed
 */
export const MAILBOX_TRANSITIONS = {
  /** No connection, and none is needed yet. */
  idle: ['connecting', 'draining', 'closed'],
  /** Dials and registers. Calls wait, each until its deadline. */
  connecting: ['preparing', 'ready', 'backoff', 'draining', 'closed'],
  /** Connected, and the hooks of `client.onConnect` run. Calls wait, except for those of the hooks. */
  preparing: ['ready', 'backoff', 'idle', 'draining', 'closed'],
  /** Sends calls. */
  ready: ['backoff', 'idle', 'draining', 'closed'],
  /**
   * Waits to connect again, after a failed attempt or a lost connection, or to run hooks again that have failed. Calls wait, each
   * until its deadline.
   */
  backoff: ['connecting', 'preparing', 'draining', 'closed'],
  /** Sends no new calls. Calls in flight have `drainTimeout` to be answered. */
  draining: ['closed'],
  /** Ended: the server was removed, or the client has stopped. */
  closed: [],
} as const satisfies Transitions<'idle' | 'connecting' | 'preparing' | 'ready' | 'backoff' | 'draining' | 'closed'>;

/** State of the connection to one server, as `client.mailboxes` has it. */
export type MailBoxState = keyof typeof MAILBOX_TRANSITIONS;
