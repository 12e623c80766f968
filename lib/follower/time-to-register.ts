import { eventLoop } from '../event-loop.js';
import { performance } from '../timers.js';

/**
 * Time that is left for a registration of a connection that was to be made and registered until `giveUpAt`, within `connectTimeout`. Time
 * for which this process's own event loop was blocked does not count against the Leader. Unit: ms
 */
export function timeToRegister(giveUpAt: number, connectTimeout: number): number {
  const now = performance.now();
  const excused = Math.min(connectTimeout, eventLoop.justBlocked(now));
  return Math.max(1, Math.min(connectTimeout, Math.ceil(giveUpAt - now) + excused));
}
