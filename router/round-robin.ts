import type { Router } from './router.js';

/**
 * Chooses the servers in turn, from the first. Each server type has a cursor, so that a busy type does not skew a quiet
 * one.
 */
export function roundRobin(): Router {
  const cursors = new Map<string, number>();
  return {
    name: 'round-robin',
    pick(servers, { serverType }) {
      const at = (cursors.get(serverType) ?? 0) % servers.length;
      cursors.set(serverType, at + 1);
      return servers[at] ?? servers[0];
    },
  };
}
