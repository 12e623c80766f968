import { crc32 } from 'node:zlib';
import type { Router } from './router.js';

/**
 * Chooses by the crc32 of `routeParam.uid`, modulo the number of servers, as pomelo-rpc does by default. The same uid
 * goes to the same server as long as the list stays the same. When the length of the list changes, most uids move;
 * {@link consistentHash} moves few.
 *
 * For one list the chosen server is the one that pomelo-rpc chooses (lib/rpc-client/router.js, with its crc 0.2.0).
 */
export function defaultRouter(): Router {
  return {
    name: 'default',
    isKeyed: true,
    pick(servers, { routeParam }) {
      if (servers.length === 1) return servers[0];
      return servers[checksum(uidOf(routeParam)) % servers.length] ?? servers[0];
    },
  };
}

/** Text of the uid: '' for a missing one and, as in pomelo, for every falsy one, 0 included. */
function uidOf(routeParam: unknown): string {
  return String((routeParam as { uid?: unknown } | null | undefined)?.uid || '');
}

/** pomelo's crc32: over the low byte of each UTF-16 unit (hence latin1), read as a signed integer, made positive. */
function checksum(text: string): number {
  return Math.abs(crc32(Buffer.from(text, 'latin1')) | 0);
}
