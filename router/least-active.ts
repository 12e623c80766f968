import type { Router } from './router.js';

/**
 * The server with the fewest calls in flight. Equals take turns, starting after the one that was chosen last, so
 * idle servers share the calls evenly, and a newcomer gets more than the others only until it is as busy as they are.
 *
 * Asks for the load of server after server until one is idle: of all of them, when all are busy. With hundreds of
 * busy servers {@link powerOfTwo} balances nearly as well for the price of two.
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
