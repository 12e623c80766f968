import { hostname } from 'node:os';
import { loopLag } from '../lib/loop-lag.js';
import { PACKAGE } from '../lib/package.js';
import type { CallCounts, CallStats } from '../lib/serving/call-stats.js';
import type { ConcurrencyLimit } from '../lib/serving/overload.js';
import type { Term } from '../lib/term.js';
import { eventLoopUtilization, timeOfDay } from '../lib/timers.js';
import { type PageRequest, pageOf } from './name-page.js';
import type { ServerState } from './state.js';

/** The server that a report is of. */
export interface ServerIdentity {
  readonly id: string | null;
  readonly serverType: string | null;
  readonly state: ServerState;
  readonly urls: readonly string[];
  /** Term of a Leader that an election has made one; null for any other server. */
  readonly term: Term | null;
  readonly pid: number;
  /** Name of the machine. */
  readonly machine: string;
  /** Version of mailstation. */
  readonly version: string;
  /** Version of Node.js. */
  readonly node: string;
  /** Time since the start of the process. Unit: ms */
  readonly uptime: number;
}

/** Load of a server at the moment. */
export interface LoadReport {
  /** Open connections; null behind a custom acceptor. */
  readonly connections: number | null;
  /** Calls whose methods run. */
  readonly running: number;
  /** Calls that wait for a place among the running ones. */
  readonly queued: number;
  /** Calls whose callers have gone, and whose methods have not ended. */
  readonly abandoned: number;
  /** Open streams among the running calls; null with `callStats: false`. */
  readonly streams: number | null;
  /** Smoothed lag of the event loop; 0 for the first question in ten seconds. Unit: ms */
  readonly eventLoopLag: number;
  /** Time for which the event loop was busy since the start of the process. Two reports give the share between them. Unit: ms */
  readonly eventLoopActive: number;
  /** Time for which the event loop was idle since the start of the process. Unit: ms */
  readonly eventLoopIdle: number;
  /** Memory of the process. Unit: bytes */
  readonly rss: number;
  /** Used part of the heap. Unit: bytes */
  readonly heapUsed: number;
}

/** Counts of one method, with its calls that wait. */
export interface MethodStats extends CallCounts {
  /** Whole name of the method. */
  readonly name: string;
  /** Calls among the open ones that wait for their turn. */
  readonly queued: number;
}

/** Figures of a server, as `$mailstation.stats.read` answers. Counts are since the server was made. Later versions may add fields. */
export interface StatsReport {
  /** Form of the report. */
  readonly format: 1;
  /** Time of the report, on the clock of the server's machine. Unit: ms since 1970 */
  readonly time: number;
  readonly server: ServerIdentity;
  readonly load: LoadReport;
  /** False where the server does not count calls (`callStats: false`): then `methods` is empty and `others` is null. */
  readonly counting: boolean;
  /** Number of the last entry of `$mailstation.calls.recent`; 0 without one. */
  readonly recent: number;
  /** Methods that were called, in the order of their names. */
  readonly methods: readonly MethodStats[];
  /** Calls of names that no method has. */
  readonly others: CallCounts | null;
  /** Argument `after` of the next question; absent where this is the last page. */
  readonly next?: string;
}

/** Parts of a server that a report reads. */
export interface StatsSource {
  readonly id: string | undefined;
  readonly serverType: string | undefined;
  readonly state: ServerState;
  readonly urls: readonly string[];
  readonly term: Term | undefined;
  readonly limit: ConcurrencyLimit;
  readonly connections: number | undefined;
}

/** Estimate of the bytes of a method's figures beside its name and its buckets. */
const ENTRY_BYTES = 300;

/** Makes a report. Throws {@link RpcCode.InvalidArgument} where the request is out of shape. */
export function statsReport(
  source: StatsSource,
  stats: CallStats | undefined,
  recent: number,
  request?: PageRequest,
): StatsReport {
  const queued = queuedByMethod(source.limit);
  const make = (name: string): MethodStats | undefined => {
    const counts = stats?.of(name);
    return counts && { name, ...counts, queued: queued.get(name) ?? 0 };
  };
  const { entries, next } = pageOf(stats?.names ?? [], request, make, sizeOf);
  return {
    format: 1,
    time: timeOfDay(),
    server: identityOf(source),
    load: loadOf(source, stats),
    counting: stats !== undefined,
    recent,
    methods: entries,
    others: stats?.others ?? null,
    ...(next !== undefined && { next }),
  };
}

function identityOf({ id, serverType, state, urls, term }: StatsSource): ServerIdentity {
  return {
    ...{ id: id ?? null, serverType: serverType ?? null, state, urls: [...urls], term: term ?? null },
    ...{ pid: process.pid, machine: hostname(), version: PACKAGE.version, node: process.version },
    uptime: Math.round(process.uptime() * 1_000),
  };
}

function loadOf({ limit, connections }: StatsSource, stats: CallStats | undefined): LoadReport {
  const { running, queued, abandoned } = limit;
  const { rss, heapUsed } = process.memoryUsage();
  const { active, idle } = eventLoopUtilization();
  return {
    ...{ connections: connections ?? null, running, queued, abandoned },
    ...{ streams: stats?.streams ?? null, eventLoopLag: loopLag.ms },
    ...{ eventLoopActive: active, eventLoopIdle: idle, rss, heapUsed },
  };
}

function queuedByMethod({ queuedCalls }: ConcurrencyLimit): ReadonlyMap<string, number> {
  const queued = new Map<string, number>();
  for (const { method } of queuedCalls) queued.set(method, (queued.get(method) ?? 0) + 1);
  return queued;
}

function sizeOf({ name, latency, codes }: MethodStats): number {
  return ENTRY_BYTES + name.length + latency.buckets.length * 9 + Object.keys(codes).length * 40;
}
