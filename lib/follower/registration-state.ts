import type { Transitions } from '../lifecycle.js';

/**
 *   asking ── the Leader has proven the secret ──> proving ── accepted ──> agreed
 *      │                                              │
 *      ├── accepted, without a secret ────────────────│──────────────────> agreed
 *      └── refused, not proven, late, lost ───────────┴──────────────────> ended
 */
export const REGISTRATION_TRANSITIONS = {
  asking: ['proving', 'agreed', 'ended'],
  proving: ['agreed', 'ended'],
  agreed: [],
  ended: [],
} as const satisfies Transitions<'asking' | 'proving' | 'agreed' | 'ended'>;
export type RegistrationState = keyof typeof REGISTRATION_TRANSITIONS;
