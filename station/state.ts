import type { Transitions } from '../lib/lifecycle.js';

/**
 *   idle ── start() ──> started ── stop() ──> draining ── all settled, or drainTimeout passed ──> closed
 *     │ │                ^ │                                                                        ^
 *     │ └──> starting ───┘ │   with a registry                                                      │
 *     │          │         │                                                                        │
 *     └── stop() ┴─────────┴── stop(true) ──────────────────────────────────────────────────────────┘
 */
export const STATION_TRANSITIONS = {
  /** Made, and not started: calls are rejected. Proxies and servers can be added. */
  idle: ['starting', 'started', 'closed'],
  /** Waits for the first list of the option `registry`: calls are rejected. */
  starting: ['started', 'closed'],
  /** Routes and sends calls. Connections are made when first needed. */
  started: ['draining', 'closed'],
  /** Rejects new calls. Calls in flight have `drainTimeout` to settle. */
  draining: ['closed'],
  /** All connections are closed. A closed client is not started again. */
  closed: [],
} as const satisfies Transitions<'idle' | 'starting' | 'started' | 'draining' | 'closed'>;

/** State of a client, as `client.state` has it. */
export type MailStationState = keyof typeof STATION_TRANSITIONS;
