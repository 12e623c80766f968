import type { ServerInfo } from '../lib/server-info.js';
import type { RandomSource, Router, ServerLoad } from './router.js';

/**
 * Draws two servers at random, and chooses the one with fewer calls in flight, then the one with the lower recent
 * latency, then the first. The cost is the same for two servers and for ten thousand. Many callers that do not know of
 * each other do not all rush to the same idle server.
 *
 * An unknown latency decides nothing, so that a new server gets neither every call of a quiet hour nor none.
 */
export function powerOfTwo(source: RandomSource = Math.random): Router {
  return {
    name: 'power-of-two',
    pick(servers, _request, load) {
      if (servers.length === 1) return servers[0];
      const one = Math.floor(source() * servers.length);
      const rest = Math.floor(source() * (servers.length - 1));
      const other = rest < one ? rest : rest + 1; // the second is drawn from those that are not the first
      return better(servers[one] ?? servers[0], servers[other] ?? servers[0], load);
    },
  };
}

function better(first: ServerInfo, second: ServerInfo, load: ServerLoad): ServerInfo {
  const lead = load.inFlight(first.id) - load.inFlight(second.id);
  if (lead !== 0) return lead < 0 ? first : second;
  const latency = load.latency(first.id);
  if (latency === undefined) return first;
  const rival = load.latency(second.id);
  return rival !== undefined && rival < latency ? second : first;
}
