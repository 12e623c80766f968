import { RpcCode, RpcError } from '../../../lib/errors.js';
import { listed } from '../known-names.js';
import { quoted } from '../quoted.js';

/** A server that is known and cannot be called. */
interface Uncallable {
  readonly id: string;
  readonly why: string;
}

interface ServersOfType {
  uncallableOfType?(serverType: string): Uncallable | undefined;
  serverTypes?(): readonly string[];
}

interface ServersById {
  uncallable(id: string): Uncallable | undefined;
  ids(): readonly string[];
}

/** Error of a call to a type that has no server. `method`: `namespace.module.method`. */
export function noServerOfType(method: string, serverType: string, roster: ServersOfType = {}): RpcError {
  const uncallable = roster.uncallableOfType?.(serverType);
  const only = listed(roster.serverTypes?.() ?? []);
  const why =
    uncallable === undefined
      ? `no server of type '${serverType}' is known, only of ${only}. Add one with client.addServer()`
      : `no server of type '${serverType}' can be called: ${whyUncallable(uncallable)}`;
  return new RpcError(RpcCode.NoServer, `${method}: ${why}`, { method, delivery: 'not-sent' });
}

/** Reason and cure for the id of a server that cannot be called, or that no server has. */
export function whyNoServer(id: string, servers: ServersById): string {
  const uncallable = servers.uncallable(id);
  if (uncallable !== undefined) return whyUncallable(uncallable);
  const only = listed(servers.ids());
  return `no server with the id ${quoted(id)} is known, only ${only}. Add one with client.addServer()`;
}

function whyUncallable({ id, why }: Uncallable): string {
  return `server ${id} is known, but ${why}; add one with { id, serverType, url }`;
}
