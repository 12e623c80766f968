import type { Router } from './router.js';

/** One after the other, from the first. Each server type has its own cursor, so a busy type does not skew a quiet one. */
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
