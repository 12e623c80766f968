import { jsonText } from '../lib/json-text.js';
import { getOrMake } from '../lib/maps.js';
import type { ServerInfo } from '../lib/server-info.js';

/**
 * Number of lists that are kept for each snapshot. Lists differ by the servers that are down, which are one or two as a
 * rule.
 */
const MAX_KEPT = 16;

/** Lists by snapshot, and within a snapshot by the ids that are left out. */
const kept = new WeakMap<readonly ServerInfo[], Map<string, readonly ServerInfo[]>>();

/**
 * Returns the list without some servers, frozen. The same servers give the same array as long as that is kept, since
 * routers cache what they derive from a list.
 */
export function remaining(servers: readonly ServerInfo[], without: ReadonlySet<string>): readonly ServerInfo[] {
  if (without.size === 0) return servers;
  const lists = getOrMake(kept, servers, () => new Map<string, readonly ServerInfo[]>());
  const key = jsonText([...without].sort());
  const known = lists.get(key);
  if (known !== undefined) return known;
  const list = Object.freeze(servers.filter(({ id }) => !without.has(id)));
  const [oldest] = lists.keys();
  if (lists.size >= MAX_KEPT && oldest !== undefined) lists.delete(oldest);
  lists.set(key, list);
  return list;
}
