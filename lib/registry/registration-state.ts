import type { Transitions } from '../lifecycle.js';

/**
 *            register()                put in the store            drain()             leave()
 *   idle ──────────────> registering ────────────────> registered ────────> draining ────────> left
 *                          ^      │ another server       │
 *                       due│      v has the id           │ the lease or the record is lost
 *                          └─ blocked                    │
 *                          ^                             │
 *                          └─────────────────────────────┘
 *   leave(): any ──> left
 */
export const REGISTRATION_TRANSITIONS = {
  /** Made, and not begun. */
  idle: ['registering', 'left'],
  /** Takes a lease, and puts the record. */
  registering: ['registered', 'blocked', 'left'],
  /** Another server has the id, at another address. The store removes its record when that server is dead. */
  blocked: ['registering', 'left'],
  /** The record is in the store, under a lease. */
  registered: ['registering', 'draining', 'left'],
  /** The record says that the server stops. */
  draining: ['left'],
  /** The record is removed, or goes with its lease. */
  left: [],
} as const satisfies Transitions<'idle' | 'registering' | 'blocked' | 'registered' | 'draining' | 'left'>;

/** State of a server in its registry. */
export type RegistrationState = keyof typeof REGISTRATION_TRANSITIONS;
