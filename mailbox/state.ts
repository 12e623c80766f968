import type { Transitions } from '../lib/lifecycle.js';

/**
 *            connect()                registered
 *   idle ───────────────> connecting ────────────> ready
 *    ^                     ^      │ failed           │ lost, or the server said goaway
 *    │                     │      v                  │
 *    │              due    └── backoff <─────────────┘
 *    └───────────────────────────────────────────────┘ idleTimeout passed
 *
 *   close():  with a line, be it a retired one ──> draining ── all ended, or drainTimeout passed ──> closed
 *             without any, or forced ────────────────────────────────────────────────────────────> closed
 */
export const MAILBOX_TRANSITIONS = {
  idle: ['connecting', 'draining', 'closed'],
  connecting: ['ready', 'backoff', 'draining', 'closed'],
  ready: ['backoff', 'idle', 'draining', 'closed'],
  backoff: ['connecting', 'draining', 'closed'],
  draining: ['closed'],
  closed: [],
} as const satisfies Transitions<'idle' | 'connecting' | 'ready' | 'backoff' | 'draining' | 'closed'>;

export type MailBoxState = keyof typeof MAILBOX_TRANSITIONS;
