import { invalid, unfit } from '../options.js';
import { shown } from '../quoted.js';
import type { RosterSource } from './roster-source.js';

/** Sources of one client. Each is read by itself. */
const MAX_SOURCES = 16;

/** Checks the option `registry` of a client: one source, or several. Throws {@link RpcCode.InvalidArgument}. */
export function rosterSources(given: unknown): readonly RosterSource[] {
  if (given === undefined) return [];
  const list: readonly unknown[] = Array.isArray(given) ? given : [given];
  if (list.length === 0 || list.length > MAX_SOURCES)
    throw unfit('registry', `a source of servers, or a list of 1 to ${MAX_SOURCES} of them`, given);
  return list.map((each, at) => {
    if (isSource(each)) return each;
    const name = Array.isArray(given) ? `registry[${at}]` : 'registry';
    throw invalid(`${name} must be a source of servers, as etcd(), dns() and file() make one, got ${shown(each)}`);
  });
}

function isSource(given: unknown): given is RosterSource {
  const { description, onVanish, follow } = (given ?? {}) as Partial<Record<keyof RosterSource, unknown>>;
  return (
    typeof description === 'string' && (onVanish === 'left' || onVanish === 'lost') && typeof follow === 'function'
  );
}
