import { getOrMake } from '../lib/maps.js';
import type { ServerInfo } from '../lib/server-info.js';

/** Lists kept for each snapshot: those without a server that is down now, or two. */
const MAX_KEPT = 16;

const kept = new WeakMap<readonly ServerInfo[], Map<string, readonly ServerInfo[]>>();

/**
 * The list without these servers, frozen: the same array for the same ones, as long as it is kept, since routers keep
 * what they derive from a list.
 */
export function remaining(servers: readonly ServerInfo[], without: ReadonlySet<string>): readonly ServerInfo[] {
  if (without.size === 0) return servers;
  const lists = getOrMake(kept, servers, () => new Map<string, readonly ServerInfo[]>());
  const key = JSON.stringify([...without].sort());
  const known = lists.get(key);
  if (known !== undefined) return known;
  const list = Object.freeze(servers.filter(({ id }) => !without.has(id)));
  const [oldest] = lists.keys();
  if (lists.size >= MAX_KEPT && oldest !== undefined) lists.delete(oldest);
  lists.set(key, list);
  return list;
}
