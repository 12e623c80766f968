import type { Connection } from '../transport/connection.js';
import type { Silence } from '../transport/heartbeat.js';
import { Keepalive } from '../transport/keepalive.js';
import type { PendingCalls } from '../transport/pending-calls.js';
import type { SessionOptions } from './session-options.js';

/** A stock Follower pings every 20 s, and not while it waits for an answer. Source: cluster-client 3.7.0, tcp-base 3.2.0. */
const STOCK_HEARTBEAT_MS = 20_000;
const STOCK_MISSES = 3;
const MISSES = 2;

/** The keepalive of a registered session. `onDead` is called when the peer has been silent for too long. */
export function sessionKeepalive(
  connection: Connection,
  pending: PendingCalls,
  { heartbeatInterval, stockHeartbeatInterval = STOCK_HEARTBEAT_MS, heartbeatMisses }: SessionOptions,
  isStock: boolean,
  onDead: (silence: Silence) => void,
): Keepalive {
  return new Keepalive(connection, pending, {
    interval: isStock ? stockHeartbeatInterval : heartbeatInterval,
    misses: heartbeatMisses ?? (isStock ? STOCK_MISSES : MISSES),
    mute: isStock,
    countReading: true,
    onDead,
  });
}
