import type { RandomSource, Router } from './router.js';

/** Chooses every server with the same chance, for each call anew. */
export function random(source: RandomSource = Math.random): Router {
  return {
    name: 'random',
    pick(servers) {
      return servers[Math.floor(source() * servers.length)] ?? servers[0];
    },
  };
}
