import { RpcCode, RpcError } from '../errors.js';
import { listed, nameMeant } from '../known-names.js';
import { quoted } from '../quoted.js';
import type { RosterView } from '../roster-view.js';

/**
 * Error of a call to a type that has no server. `method`: `namespace.module.method`. `roster`: for the reason why a server of the
 * type cannot be called, and for the types that there are.
 */
export function noServerOfType(
  method: string,
  serverType: string,
  roster?: Pick<RosterView, 'uncallableOfType' | 'serverTypes'>,
): RpcError {
  const uncallable = roster?.uncallableOfType?.(serverType);
  if (uncallable !== undefined) {
    const why = `no server of type '${serverType}' can be called: ${whyUncallable(uncallable)}`;
    return new RpcError(RpcCode.NoServer, `${method}: ${why}`, { method, delivery: 'not-sent' });
  }
  const advice = 'Add one with client.addServer() before the call, or correct the serverType of the proxy';
  const types = roster?.serverTypes?.() ?? [];
  const only = types.length === 0 ? '' : `, only of ${listed(types)}`;
  const message = `${method}: no server of type '${serverType}' is known${only}. ${nameMeant(serverType, types, advice)}`;
  return new RpcError(RpcCode.NoServer, message, { method, delivery: 'not-sent' });
}

/** Servers by id, as far as errors need them. */
interface ServersById {
  uncallable(id: string): { readonly id: string; readonly why: string } | undefined;
  /** Ids of the servers that can be called. */
  ids(): readonly string[];
}

/** Reason and cure for the id of a server that cannot be called, or that no server has. */
export function whyNoServer(id: string, servers: ServersById): string {
  const uncallable = servers.uncallable(id);
  if (uncallable !== undefined) return whyUncallable(uncallable);
  const ids = servers.ids();
  const advice = 'Add the server with client.addServer() before the call, or correct the id';
  const only = ids.length === 0 ? '' : `, only ${listed(ids)}`;
  return `no server with the id ${quoted(id)} is known${only}. ${nameMeant(id, ids, advice)}`;
}

/** Reason and cure for a server that is known and cannot be called. */
function whyUncallable({ id, why }: { readonly id: string; readonly why: string }): string {
  return `server ${id} is known, but ${why}; add the server again with a complete entry { id, serverType, host, port }`;
}
