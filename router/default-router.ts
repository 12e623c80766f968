import { crc32OfText } from '../lib/crc32.js';
import type { RandomSource, Router } from './router.js';

/**
 * Chooses by the crc32 of `routeParam.uid`, as {@link pomeloRouter} does. Calls without a uid go to the servers in turn, since
 * one server would otherwise get them all. The first of them goes to a random server: many short processes would otherwise
 * begin with the same one.
 */
export function defaultRouter(random: RandomSource = Math.random): Router {
  const byUid = pomeloRouter();
  const cursors = new Map<string, number>();
  return {
    name: 'default',
    isKeyed: true,
    pick(servers, request, load) {
      if (servers.length === 1) return servers[0];
      const { uid } = (request.routeParam ?? {}) as { uid?: unknown };
      if (uid !== undefined && uid !== null && uid !== '') return byUid.pick(servers, request, load);
      const { serverType } = request;
      const at = (cursors.get(serverType) ?? Math.floor(random() * servers.length)) % servers.length;
      cursors.set(serverType, at + 1);
      return servers[at] ?? servers[0];
    },
  };
}

/**
 * Chooses by the crc32 of `routeParam.uid`, modulo the number of servers, as pomelo-rpc does by default. The same uid
 * goes to the same server as long as the list stays the same. When the length of the list changes, most uids move;
 * {@link consistentHash} moves few. All calls without a uid go to one server.
 *
 * For one list the chosen server is the one that pomelo-rpc chooses (lib/rpc-client/router.js, with its crc 0.2.0).
 */
export function pomeloRouter(): Router {
  return {
    name: 'df',
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
  return Math.abs(crc32OfText(text) | 0);
}
