import { crc32 } from 'node:zlib';
import type { Router } from './router.js';

/**
 * pomelo's default router: the crc32 of `routeParam.uid` modulo the number of servers. The same uid goes to the same
 * server as long as the list stays as it is; when its length changes most uids move, and {@link consistentHash}
 * is the strategy that spares them.
 *
 * For the same list it names the same server as pomelo-rpc (lib/rpc-client/router.js, with its crc 0.2.0).
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

/** '' for a missing uid and, as in pomelo, for every falsy one: uid 0 is nobody. */
function uidOf(routeParam: unknown): string {
  return String((routeParam as { uid?: unknown } | null | undefined)?.uid || '');
}

/** pomelo's crc32: over the low byte of each UTF-16 unit (hence latin1), read as a signed integer, made positive. */
function checksum(text: string): number {
  return Math.abs(crc32(Buffer.from(text, 'latin1')) | 0);
}
