import type { Transitions } from '../lib/lifecycle.js';

/**
 *            connect()                registered
 *   idle ───────────────> connecting ────────────> ready
 *    ^                     ^      │ failed           │ lost, or goaway from the server
 *    │                     │      v                  │
 *    │              due    └── backoff <─────────────┘
 *    └───────────────────────────────────────────────┘ idleTimeout passed
 *
 *   close():  with a line, or one that drains ──> draining ── all ended, or drainTimeout passed ──> closed
 *             without any, or forced ───────────────────────────────────────────────────────────> closed
 */
export const MAILBOX_TRANSITIONS = {
  /** No connection, and none is needed yet. */
  idle: ['connecting', 'draining', 'closed'],
  /** Dials and registers. Calls wait, each until its deadline. */
  connecting: ['ready', 'backoff', 'draining', 'closed'],
  /** Sends calls. */
  ready: ['backoff', 'idle', 'draining', 'closed'],
  /** Waits to connect again, after a failed attempt or a lost connection. Calls wait, each until its deadline. */
  backoff: ['connecting', 'draining', 'closed'],
  /** Sends no new calls. Calls in flight have `drainTimeout` to be answered. */
  draining: ['closed'],
  /** Ended: the server was removed, or the client has stopped. */
  closed: [],
} as const satisfies Transitions<'idle' | 'connecting' | 'ready' | 'backoff' | 'draining' | 'closed'>;

/** State of the connection to one server, as `client.mailboxes` has it. */
export type MailBoxState = keyof typeof MAILBOX_TRANSITIONS;
