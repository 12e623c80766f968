import { hostname } from 'node:os';
import type { ClientReport, KnownServer } from '../../client/client-report.js';
import type { ConnectionReport } from '../../server/connections.js';
import type { Client, Link, Process } from '../snapshot.js';
import type { ObservedServer } from '../watch.js';
import { clientKey, processKey, rounded } from './keys.js';

/** A client of the program that embeds the dashboard, as it describes itself. */
export interface EmbeddedClient {
  /** Key of the entry. */
  readonly key: string;
  readonly report: ClientReport;
  /** Last failures of the mailboxes, by the id of the server. */
  readonly reasons: ReadonlyMap<string, string>;
}

/** The callers of all servers, and their connections. */
export interface Callers {
  readonly clients: Map<string, Client>;
  readonly links: Map<string, Link>;
  readonly processes: Map<string, Process>;
  /** Key of the caller by server and connection, for the failed calls. */
  readonly byConnection: Map<string, string>;
}

/** The process of the dashboard itself. */
export const OWN_PROCESS = processKey({ machine: hostname(), pid: process.pid });

/**
 * Keys of embedded clients of these names, in their order: those that the reports of servers lead to. Servers cannot tell clients of one process
 * and one name apart: such a client has a number in the key, and the servers' half stands beside it as one caller.
 */
export function embeddedKeys(names: readonly (string | null)[]): readonly string[] {
  return names.map((name, at) => {
    const key = ownKey(name);
    return isAlone(names, name) ? key : `${key} (${names.slice(0, at + 1).filter((each) => each === name).length})`;
  });
}

/** `before`: the links of the state before, for the rates. `seconds`: time since that state. */
export function callersOf(
  servers: readonly ObservedServer[],
  embedded: readonly EmbeddedClient[],
  before: Readonly<Record<string, Link>>,
  seconds: number | undefined,
  offsetOf: (server: ObservedServer) => number,
): Callers {
  const callers: Callers = { clients: new Map(), links: new Map(), processes: new Map(), byConnection: new Map() };
  const own = new Map(embedded.flatMap(seenAs));
  for (const server of servers) {
    const offset = offsetOf(server);
    for (const connection of server.connections ?? [])
      if (!connection.standby) addConnection(callers, server.sample.id, connection, offset, own);
      else addProcess(callers, connection);
  }
  for (const client of embedded) addEmbedded(callers, client);
  for (const [key, link] of callers.links) {
    const old = before[key];
    // The calls of a dashboard are its questions, which no figure of the page has.
    const isDashboard = callers.clients.get(link.client)?.name === DASHBOARD_CLIENT;
    const rate = isDashboard ? null : rateOf(link, old, seconds);
    callers.links.set(key, { ...link, since: steadySince(link.since, old?.since), rate });
  }
  return callers;
}

function ownKey(name: string | null): string {
  return name === null ? OWN_PROCESS : `${OWN_PROCESS} ${name}`;
}

function isAlone(names: readonly (string | null)[], name: string | null): boolean {
  return names.indexOf(name) === names.lastIndexOf(name);
}

/**
 * Key under which servers see an embedded client, with the key of the client; nothing for one of several of the same name. Connections
 * of a client that leads shared mailboxes carry the calls of all its processes, and have no name.
 */
function seenAs({ key, report: { clientId, sharing } }: EmbeddedClient): [string, string][] {
  if (sharing === 'leading') return [[OWN_PROCESS, key]];
  return key === ownKey(clientId) ? [[key, key]] : [];
}

/** Name of the client that a dashboard makes for itself, by which others know it for one. */
export const DASHBOARD_CLIENT = 'mailstation-dashboard';

/** Difference below which a connection is the same. Unit: ms */
const SAME_SINCE_MS = 3_000;

/** Name of a connection of a server. */
export function connectionKey(server: string, connection: string): string {
  return `${server} ${connection}`;
}

function addConnection(
  { clients, links, processes, byConnection }: Callers,
  server: string,
  connection: ConnectionReport,
  offset: number,
  own: ReadonlyMap<string, string>,
): void {
  const { process: caller, clientId, ip, since, calls, open, proven } = connection;
  const process = caller === null ? null : processKey(caller);
  const seen = clientKey(connection);
  const client = own.get(seen) ?? seen;
  byConnection.set(connectionKey(server, connection.id), client);
  addProcess({ processes }, connection);
  clients.set(client, { key: client, name: clientId, process, ip, kind: 'client', sharing: null });
  const key = `${client} ${server}`;
  const same = links.get(key);
  const began = Math.round(since + offset);
  links.set(key, {
    ...{ client, server, connections: (same?.connections ?? 0) + 1 },
    since: same?.since === undefined || same.since === null ? began : Math.min(same.since, began),
    ...{ rate: null, calls: (same?.calls ?? 0) + calls, open: (same?.open ?? 0) + open },
    ...{ mailbox: null, ejected: false, reason: null, latency: null },
    identity: proven.length === 0 ? (same?.identity ?? null) : proven.join(', '),
  });
}

function addProcess({ processes }: Pick<Callers, 'processes'>, { process: caller }: ConnectionReport): void {
  if (caller === null) return;
  const { machine, pid, version } = caller;
  const id = processKey(caller);
  processes.set(id, { id, machine, pid, version, node: null, since: null });
}

function addEmbedded({ clients, links }: Callers, { key, report, reasons }: EmbeddedClient): void {
  const { clientId: name, sharing, servers } = report;
  clients.set(key, { key, name, process: OWN_PROCESS, ip: '127.0.0.1', kind: 'embedded', sharing });
  for (const server of servers) {
    const link = links.get(`${key} ${server.id}`);
    links.set(`${key} ${server.id}`, { ...linkOf(key, server, link), reason: reasonOf(server, reasons) });
  }
}

/** Link of a client that reports the own half; `link`: the half of the server. */
function linkOf(client: string, { id, mailbox, open, latency, ejected }: KnownServer, link: Link | undefined): Link {
  return {
    ...{ client, server: id, connections: link?.connections ?? 0, since: link?.since ?? null, rate: null },
    ...{ calls: link?.calls ?? null, open, mailbox, ejected, reason: null, latency: rounded(latency) },
    identity: link?.identity ?? null,
  };
}

function reasonOf({ id, mailbox }: KnownServer, reasons: ReadonlyMap<string, string>): string | null {
  return mailbox === 'ready' || mailbox === 'idle' ? null : (reasons.get(id) ?? null);
}

/** Null where another connection counts, or none counts. */
function rateOf(link: Link, before: Link | undefined, seconds: number | undefined): number | null {
  if (seconds === undefined || link.calls === null || before === undefined || before.calls === null) return null;
  return link.calls < before.calls ? null : rounded((link.calls - before.calls) / seconds);
}

/** The time is computed from two clocks, and differs a little each time. */
function steadySince(since: number | null, before: number | null | undefined): number | null {
  const isSame = since !== null && before !== null && before !== undefined && Math.abs(since - before) < SAME_SINCE_MS;
  return isSame ? before : since;
}
