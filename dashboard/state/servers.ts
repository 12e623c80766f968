import { isOfServices, type Rates, type ServerSample } from '../../observe/fleet/index.js';
import { problemOf } from '../explanations.js';
import type { Figures, Process, Server, ServerStatus } from '../snapshot.js';
import type { ObservedServer } from '../watch.js';
import { processKey, rounded, standbyKey } from './keys.js';

/** Difference below which a time of start is the same: the time is computed from two clocks. Unit: ms */
const SAME_START_MS = 3_000;

/** The entry of a server. */
export function serverOf({ sample, connections }: ObservedServer): Server {
  const { id, serverType, url, report, failure, health } = sample;
  const identity = report?.server;
  const server = health?.namespaces.filter(({ status }) => status !== 'serving') ?? [];
  return {
    ...{ key: id, id, serverType: identity?.serverType ?? serverType, url },
    process: identity === undefined ? null : processKey(identity),
    status: statusOf(sample),
    reason: health?.reason ?? null,
    unwell: server.map(({ namespace, status, reason }) => ({ namespace, status, reason: reason ?? null })),
    role: identity?.state === 'deposed' ? 'deposed' : 'leads',
    term: identity?.term?.revision ?? null,
    counting: report?.counting === true,
    problem: failure === null ? lessOf(sample, connections === null) : problemOf(failure),
    code: failure?.code ?? null,
  };
}

/** The servers that wait for the end of this one. */
export function standbysOf({ sample, connections }: ObservedServer): Server[] {
  const { id } = sample;
  return (connections ?? []).flatMap(({ standby, process }) => {
    if (!standby || process === null) return [];
    const key = standbyKey(id, processKey(process));
    return {
      ...{ key, id, serverType: sample.report?.server.serverType ?? sample.serverType, url: null },
      ...{ process: processKey(process), status: 'standby', reason: null, unwell: [], role: 'standby', term: null },
      ...{ counting: false, problem: null, code: null },
    } satisfies Server;
  });
}

/** The process of a server. `before`: the entry of the state before. */
export function processOf({ report }: ServerSample, time: number, before: Process | undefined): Process | undefined {
  if (report === null) return undefined;
  const { machine, pid, version, node, uptime } = report.server;
  const since = Math.round(time - uptime);
  const isSame = before?.since !== null && before !== undefined && Math.abs(before.since - since) < SAME_START_MS;
  return { id: processKey(report.server), machine, pid, version, node, since: isSame ? before.since : since };
}

/** Figures of a server; undefined where the server did not answer. */
export function figuresOf({ report, methods, rates, eventLoopUse }: ServerSample): Figures | undefined {
  if (report === null) return undefined;
  const { load, counting, others } = report;
  const own = methods.filter(isOfServices);
  const running = own.reduce((sum, { total }) => sum + total.open - total.queued, others?.open ?? 0);
  return {
    ...ratesOf(counting ? rates : null),
    running: counting ? running : Math.max(0, load.running - 1), // without the question itself
    ...{ queued: load.queued, abandoned: load.abandoned, streams: load.streams, connections: load.connections },
    ...{ lag: rounded(load.eventLoopLag), busy: rounded(eventLoopUse), rss: load.rss, heap: load.heapUsed },
  };
}

/** Share of the calls that have not failed; null without calls. Sums of rates differ from 0 by rounding. */
export function shareOf(failures: number, judged: number): number | null {
  return judged > 1e-6 ? Math.max(0, 1 - failures / judged) : null;
}

type ShortFigures = Pick<Figures, 'rate' | 'failed' | 'left' | 'success' | 'p50' | 'p95' | 'p99' | 'max'>;

function ratesOf(rates: Rates | null): ShortFigures {
  if (rates === null)
    return { rate: null, failed: null, left: null, success: null, p50: null, p95: null, p99: null, max: null };
  const { calls, failures, outcomes, success, p50, p95, p99, max } = rates;
  return {
    ...{ rate: rounded(calls), failed: rounded(failures) },
    ...{ left: rounded(outcomes.left), success: rounded(success) },
    ...{ p50: rounded(p50), p95: rounded(p95), p99: rounded(p99), max: rounded(max) },
  };
}

function statusOf({ state, health, report }: ServerSample): ServerStatus {
  if (health !== null && health.status !== 'unknown') return health.status;
  if (state === 'answered') return report?.server.state === 'draining' ? 'draining' : 'serving';
  if (state === 'not-admitted') return state;
  return state === 'refused' ? 'unknown' : 'unreachable';
}

/** Words on a server that answers, and says less than a newer one. */
function lessOf({ report }: ServerSample, hasNoConnections: boolean): string | null {
  if (report === null || report.recent !== undefined || !hasNoConnections) return null;
  const { version } = report.server;
  return `The server is of mailstation ${version}, which has no list of callers and of failed calls. Deploy the newer version to see those.`;
}
