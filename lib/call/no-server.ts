import { RpcCode, RpcError } from '../errors.js';
import { listed, nameMeant } from '../known-names.js';
import { quoted } from '../quoted.js';
import type { RosterView } from '../roster-view.js';

/**
 * Error of a call to a type that has no server. `method`: `namespace.module.method`. `roster`: for the reason why a server of the
 * type cannot be called, for the types that there are, and for where servers come from.
 */
export function noServerOfType(
  method: string,
  serverType: string,
  roster?: Pick<RosterView, 'uncallableOfType' | 'serverTypes' | 'sources'>,
): RpcError {
  const sources = roster?.sources?.() ?? [];
  const uncallable = roster?.uncallableOfType?.(serverType);
  if (uncallable !== undefined) {
    const why = `no server of type '${serverType}' can be called: ${whyUncallable(uncallable, sources)}`;
    return new RpcError(RpcCode.NoServer, `${method}: ${why}`, { method, delivery: 'not-sent' });
  }
  const advice =
    sources.length === 0
      ? 'Add one with client.addServer() before the call, or correct the serverType of the proxy'
      : 'Start one, or correct the serverType of the proxy';
  const types = roster?.serverTypes?.() ?? [];
  const only = types.length === 0 ? '' : `, only of ${listed(types)}`;
  const cure = withSources(nameMeant(serverType, types, advice), sources);
  const message = `${method}: no server of type '${serverType}' is known${only}. ${cure}`;
  return new RpcError(RpcCode.NoServer, message, { method, delivery: 'not-sent' });
}

/** Servers by id, as far as errors need them. */
interface ServersById {
  uncallable(id: string): { readonly id: string; readonly why: string } | undefined;
  /** Ids of the servers that can be called. */
  ids(): readonly string[];
}

/** Reason and cure for the id of a server that cannot be called, or that no server has `sources`: as {@link RosterView} has them, none in a page. */
export function whyNoServer(id: string, servers: ServersById, sources: readonly string[] = []): string {
  const uncallable = servers.uncallable(id);
  if (uncallable !== undefined) return whyUncallable(uncallable, sources);
  const ids = servers.ids();
  const advice =
    sources.length === 0
      ? 'Add the server with client.addServer() before the call, or correct the id'
      : 'Start the server, or correct the id';
  const only = ids.length === 0 ? '' : `, only ${listed(ids)}`;
  return `no server with the id ${quoted(id)} is known${only}. ${withSources(nameMeant(id, ids, advice), sources)}`;
}

/** Reason and cure for a server that is known and cannot be called. */
function whyUncallable({ id, why }: { readonly id: string; readonly why: string }, sources: readonly string[]): string {
  const entry = 'a complete entry { id, serverType, host, port }';
  if (sources.length === 0) return `server ${id} is known, but ${why}; add the server again with ${entry}`;
  return withSources(`server ${id} is known, but ${why}; give it ${entry}.`, sources);
}

/** A program that follows a source adds no servers: the list, and its age, say whether the source or the server is to be looked at. */
function withSources(cure: string, sources: readonly string[]): string {
  if (sources.length === 0) return cure;
  const end = /[.?]$/.test(cure) ? '' : '.';
  return `${cure}${end} The servers come from ${sources.join('; and from ')}`;
}
