import type { TransportName } from '../server-info.js';
import type { ConnectionOptions } from '../transport/connection-contract.js';
import type { Registering } from './registration.js';

export interface LineOptions extends Omit<ConnectionOptions, 'pauseWhenBlocked'>, Registering {
  readonly transport: TransportName;
  /** For dialling and registering together, ms. */
  readonly connectTimeout: number;
  /** ms between heartbeats toward a peer of our own kind. */
  readonly heartbeatInterval: number;
  /** ms between heartbeats toward a stock Leader. @default 20_000 — cluster-client */
  readonly stockHeartbeatInterval?: number;
  /** Calls that may wait for their answers at once. */
  readonly maxInFlight: number;
}
