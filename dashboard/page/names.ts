import type { Client, Process, Server, State } from '../snapshot.js';
import { shortened, visible } from './format.js';

/** Characters of a long name that tables show; the whole name is in the details. */
const LONGEST = 60;

/** A name of another program, safe to show. */
export function nameOf(text: string, most = LONGEST): string {
  return shortened(visible(text), most);
}

/** A client by the best name that there is: its own, its process, its address. */
export function clientName({ name, process, ip }: Client): string {
  return nameOf(name ?? process ?? ip);
}

/** A server; a standby with its process, since its id is that of the Leader. */
export function serverName({ id, role, process }: Server): string {
  return role === 'leads' || process === null ? nameOf(id) : `${nameOf(id, 40)} (${nameOf(process, 30)})`;
}

/** Server of a key as people know it, also where the server is gone. */
export function serverNameOf(state: State, key: string | null): string {
  if (key === null) return 'none was chosen';
  const server = state.servers[key];
  return server === undefined ? nameOf(key) : serverName(server);
}

/** Client of a key as people know it; the words of the report where the client is gone. */
export function callerName(state: State, key: string | null, words: string | null): string {
  const client = key === null ? undefined : state.clients[key];
  return client === undefined ? nameOf(words ?? 'not known') : clientName(client);
}

/** Process of a server or of a client; undefined where nothing is known. */
export function processOf(state: State, key: string | null): Process | undefined {
  return key === null ? undefined : state.processes[key];
}

/** Ids that more than one process is there for: their Leaders are marked. */
export function idsWithStandbys(state: State): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const { id, role, term } of Object.values(state.servers)) if (role !== 'leads' || term !== null) ids.add(id);
  return ids;
}
