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

/** `before`: the links of the state before, for the rates. `seconds`: time since that state. */
export function callersOf(
  servers: readonly ObservedServer[],
  embedded: readonly EmbeddedClient[],
  before: Readonly<Record<string, Link>>,
  seconds: number | undefined,
  offsetOf: (server: ObservedServer) => number,
): Callers {
  const callers: Callers = { clients: new Map(), links: new Map(), processes: new Map(), byConnection: new Map() };
  const [only] = embedded.length === 1 ? embedded : [];
  const ownKey = only && onlyOwnCaller(servers);
  for (const server of servers) {
    const offset = offsetOf(server);
    for (const connection of server.connections ?? [])
      if (!connection.standby) addConnection(callers, server.sample.id, connection, offset, ownKey, only?.key);
      else addProcess(callers, connection);
  }
  for (const client of embedded) addEmbedded(callers, client, ownKey);
  for (const [key, link] of callers.links) {
    const old = before[key];
    callers.links.set(key, { ...link, since: steadySince(link.since, old?.since), rate: rateOf(link, old, seconds) });
  }
  return callers;
}

/** Name of the client that a dashboard makes for itself. */
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
  ownKey: string | undefined,
  embeddedKey: string | undefined,
): void {
  const { process: caller, clientId, ip, since, calls, open, proven } = connection;
  const process = caller === null ? null : processKey(caller);
  const isEmbedded = embeddedKey !== undefined && clientKey(connection) === ownKey;
  const client = isEmbedded ? embeddedKey : clientKey(connection);
  byConnection.set(connectionKey(server, connection.id), client);
  addProcess({ processes }, connection);
  if (!isEmbedded) clients.set(client, { key: client, name: clientId, process, ip, kind: 'client', sharing: null });
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

function addEmbedded(
  { clients, links }: Callers,
  { key, report, reasons }: EmbeddedClient,
  ownKey: string | undefined,
): void {
  const { sharing, servers } = report;
  const name = ownKey?.slice(OWN_PROCESS.length + 1) || null;
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

/**
 * Key of the one caller in this process beside the dashboard: the client of the program, which does not say its name. Undefined where there are
 * several, which the servers cannot tell apart.
 */
function onlyOwnCaller(servers: readonly ObservedServer[]): string | undefined {
  const keys = new Set<string>();
  for (const { connections } of servers)
    for (const connection of connections ?? []) {
      const { standby, process, clientId } = connection;
      if (standby || process === null || processKey(process) !== OWN_PROCESS || clientId === DASHBOARD_CLIENT) continue;
      keys.add(clientKey(connection));
    }
  const [key] = keys;
  return keys.size === 1 ? key : undefined;
}

/** The time is computed from two clocks, and differs a little each time. */
function steadySince(since: number | null, before: number | null | undefined): number | null {
  const isSame = since !== null && before !== null && before !== undefined && Math.abs(since - before) < SAME_SINCE_MS;
  return isSame ? before : since;
}
