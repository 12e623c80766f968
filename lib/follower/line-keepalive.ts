import type { Connection } from '../transport/connection.js';
import type { Silence } from '../transport/heartbeat.js';
import { Keepalive } from '../transport/keepalive.js';
import type { PendingCalls } from '../transport/pending-calls.js';
import type { LineOptions } from './line-options.js';

/** Heartbeat interval toward a stock Leader. Source: cluster-client 3.7.0, lib/index.js. Unit: ms */
const STOCK_HEARTBEAT_INTERVAL_MS = 20_000;

/** Starts the heartbeats of a line that is registered. */
export function lineKeepalive(
  connection: Connection,
  pending: PendingCalls,
  options: Pick<LineOptions, 'heartbeatInterval' | 'stockHeartbeatInterval'>,
  isStock: boolean,
  onDead: (silence: Silence) => void,
): Keepalive {
  const { heartbeatInterval, stockHeartbeatInterval = STOCK_HEARTBEAT_INTERVAL_MS } = options;
  const interval = isStock ? stockHeartbeatInterval : heartbeatInterval;
  return new Keepalive(connection, pending, { interval, always: isStock, onDead });
}
