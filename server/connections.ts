import type { CallerProcess } from '../lib/caller-process.js';
import type { CallerIdentity } from '../lib/identity.js';
import type { ConnectionFacts } from '../lib/leader/connection-facts.js';
import { timeOfDay } from '../lib/timers.js';
import { type PageRequest, pageOf } from './name-page.js';

/** One open connection of a caller. Later versions may add fields. */
export interface ConnectionReport {
  /** Number of the connection, unique among the connections of the server, past ones included. */
  readonly id: string;
  /** Address and port of the caller: `127.0.0.1:51234`. */
  readonly peer: string;
  readonly ip: string;
  /** Name that the caller gave itself (`clientId`); null without one. Proved by nothing. */
  readonly clientId: string | null;
  /** Process of the caller, as the caller says itself; null for a stock peer, a web page and an older version. Proved by nothing. */
  readonly process: Omit<CallerProcess, 'standby'> | null;
  /** True for a server that waits for the end of this one, to lead then. */
  readonly standby: boolean;
  /** Facts that the caller has proven, in words: `certificate gateway`, `secret main`, `token`. */
  readonly proven: readonly string[];
  /** Time of the connection, on the clock of the server's machine. Unit: ms since 1970 */
  readonly since: number;
  /** Calls that were taken in since then. */
  readonly calls: number;
  /** Calls among them that are not answered. */
  readonly open: number;
}

/** Callers of a server, as `$mailstation.connections.list` answers. Later versions may add fields. */
export interface ConnectionsReport {
  /** Form of the report. */
  readonly format: 1;
  /** Time of the report, on the clock of the server's machine. Unit: ms since 1970 */
  readonly time: number;
  /** False where the server does not know the connections of its callers: behind a custom acceptor. */
  readonly known: boolean;
  /** Connections in the order of their numbers as texts. */
  readonly connections: readonly ConnectionReport[];
  /** Argument `after` of the next question; absent where this is the last page. */
  readonly next?: string;
}

/** Estimate of the bytes of a connection beside its texts. */
const ENTRY_BYTES = 250;

/** Makes a report. Throws {@link RpcCode.InvalidArgument} where the request is out of shape. */
export function connectionsReport(
  callers: ReadonlyMap<string, ConnectionFacts> | undefined,
  request?: PageRequest,
): ConnectionsReport {
  const time = timeOfDay();
  const make = (id: string): ConnectionReport | undefined => {
    const facts = callers?.get(id);
    return facts && reportOf(id, facts, time);
  };
  const { entries, next } = pageOf([...(callers?.keys() ?? [])], request, make, sizeOf);
  const known = callers !== undefined;
  return { format: 1, time, known, connections: entries, ...(next !== undefined && { next }) };
}

function reportOf(id: string, { peer, process, age, calls, open }: ConnectionFacts, time: number): ConnectionReport {
  return {
    ...{ id, peer: peer.peer, ip: peer.ip, clientId: peer.identity?.claimed.clientId ?? null },
    process: process === undefined ? null : { machine: process.machine, pid: process.pid, version: process.version },
    ...{ standby: process?.standby === true, proven: provenFacts(peer.identity) },
    ...{ since: Math.round(time - age), calls, open },
  };
}

function provenFacts(identity: CallerIdentity | undefined): string[] {
  const { certificate, secret, token } = identity?.proven ?? {};
  return [
    ...(certificate === undefined ? [] : [`certificate ${certificate.name}`]),
    ...(secret === undefined ? [] : [`secret ${secret}`]),
    ...(token === undefined ? [] : ['token']), // a token may be a secret itself
  ];
}

function sizeOf({ clientId, process, peer, proven }: ConnectionReport): number {
  const texts = [peer, clientId ?? '', process?.machine ?? '', ...proven];
  return texts.reduce((sum, text) => sum + text.length, ENTRY_BYTES);
}
