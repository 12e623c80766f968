import type { Router } from './router.js';

/**
 * Chooses the server with the fewest calls in flight. Servers with equally many take turns, starting after the one that
 * was chosen last. Idle servers therefore share the calls evenly, and a server that joins gets more than the others
 * only until it is as busy.
 *
 * The load of one server after another is read until an idle one is found: of all servers, when all are busy. With
 * hundreds of busy servers {@link powerOfTwo} balances nearly as well, and reads the load of two.
 */
export function leastActive(): Router {
  const cursors = new Map<string, number>();
  return {
    name: 'least-active',
    pick(servers, { serverType }, load) {
      const count = servers.length;
      if (count === 1) return servers[0];
      let at = (cursors.get(serverType) ?? 0) % count;
      let chosen = at;
      let fewest = Number.POSITIVE_INFINITY;
      for (let seen = 0; seen < count && fewest > 0; seen++) {
        const inFlight = load.inFlight((servers[at] ?? servers[0]).id);
        if (inFlight < fewest) {
          fewest = inFlight;
          chosen = at;
        }
        at = (at + 1) % count;
      }
      cursors.set(serverType, chosen + 1);
      return servers[chosen] ?? servers[0];
    },
  };
}
