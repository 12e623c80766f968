import type { RandomSource, Router } from './router.js';

/** Every server with the same chance, each call by itself. */
export function random(source: RandomSource = Math.random): Router {
  return {
    name: 'random',
    pick(servers) {
      return servers[Math.floor(source() * servers.length)] ?? servers[0];
    },
  };
}
