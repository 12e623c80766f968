import type { Transitions } from '../lifecycle.js';

/**
 *            a role                 close()
 *   electing ──────> serving  ─────────────────> closing ──> closed
 *    │  ^               │  ^                       ^
 *    │  └───────────────┘  │ a role                │
 *    │   the Leader is gone│                       │
 *    └──────> failed ──────┴───────────────────────┘
 *      <────── the failure is over
 */
export const SHARED_CLIENT_TRANSITIONS = {
  /** No Leader is known. Calls wait for `maxWaitTime`. */
  electing: ['serving', 'failed', 'closing'],
  /** Calls and subscriptions reach the real client, in this process or through the Leader. */
  serving: ['electing', 'closing'],
  /** The real client has failed, here or at the Leader, or `isLeader: true` cannot lead. Calls are rejected with the reason. */
  failed: ['serving', 'electing', 'closing'],
  /** Answers calls in flight, for `responseTimeout` at most. */
  closing: ['closed'],
  /** Ended. Calls are rejected with `ERR_RPC_CLOSED`. */
  closed: [],
} as const satisfies Transitions<'electing' | 'serving' | 'failed' | 'closing' | 'closed'>;
export type SharedClientState = keyof typeof SHARED_CLIENT_TRANSITIONS;
