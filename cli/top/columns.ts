import { printable } from '../../lib/quoted.js';
import type { MethodSample, Rates, ServerSample } from '../../observe/fleet/index.js';
import { bytes, latency, percent, rate, short, span } from '../terminal/numbers.js';
import type { Style } from '../terminal/paint.js';
import type { Column } from '../terminal/table.js';

/** Column by which rows can be sorted. */
export interface TopColumn<Row> extends Column<Row> {
  /** Value to sort by; null for a row without one, which comes last. */
  value(row: Row): number | string | null;
  /** Meaning of the column, for the page of help. */
  readonly meaning: string;
}

type Rated = { readonly rates: Rates | null };

/** A column of numbers. */
function figure<Row>(
  key: string,
  ...[head, width, rank, meaning]: readonly [head: string, width: number, rank: number, meaning: string]
): (
  value: (row: Row) => number | null | undefined,
  text: (value: number | null | undefined) => string,
  style?: (row: Row) => Style | undefined,
) => TopColumn<Row> {
  return (value, text, style) => ({
    ...{ key, head, width, rank, meaning, cell: (row) => text(value(row)), value: (row) => value(row) ?? null },
    ...(style && { style }),
  });
}

const rated = figure<Rated>;

/** Columns of calls, which servers and methods have in common. */
const CALLS: readonly TopColumn<Rated>[] = [
  rated('calls', 'calls/s', 8, 1, 'calls that ended, a second')(({ rates }) => rates?.calls, rate),
  rated('ok', 'ok', 7, 2, 'share of them that ended well')(({ rates }) => rates?.success, percent, okStyle),
  rated('p50', 'p50', 7, 5, 'half of the answers took so long at most')(({ rates }) => rates?.p50, latency),
  rated('p95', 'p95', 7, 8, '95 % of the answers took so long at most')(({ rates }) => rates?.p95, latency),
  rated('p99', 'p99', 7, 3, '99 % of the answers took so long at most')(({ rates }) => rates?.p99, latency),
  rated('max', 'max', 7, 12, 'the longest answer of the interval')(({ rates }) => rates?.max, latency),
];

function okStyle({ rates }: Rated): Style | undefined {
  const success = rates?.success ?? 1;
  if (success === 1) return undefined;
  return success >= 0.99 ? 'yellow' : 'red';
}

function waitingStyle(waiting: number | null | undefined): Style | undefined {
  return (waiting ?? 0) > 0 ? 'yellow' : undefined;
}

const load = (server: ServerSample): Partial<NonNullable<ServerSample['report']>['load']> => server.report?.load ?? {};

/** Calls that run. The question for the report ran too when the report was made, and is not among them. */
export function runningOf({ report }: ServerSample): number | null {
  return report === null ? null : Math.max(0, report.load.running - 1);
}

const ofServer = figure<ServerSample>;

export const SERVER_COLUMNS: readonly TopColumn<ServerSample>[] = [
  {
    ...{ key: 'server', head: 'server', width: 12, rank: 0, meaning: 'id of the server' },
    cell: ({ id }) => printable(id),
    value: ({ id }) => id,
  },
  ...CALLS,
  ofServer('running', 'run', 5, 4, 'calls whose methods run')(runningOf, short),
  ofServer(
    'waiting',
    'wait',
    5,
    6,
    'calls that wait for their turn',
  )(
    (server) => load(server).queued,
    short,
    (server) => waitingStyle(load(server).queued),
  ),
  ofServer('streams', 'strm', 5, 14, 'open streams')((server) => load(server).streams, short),
  ofServer('connections', 'conn', 5, 15, 'open connections')((server) => load(server).connections, short),
  ofServer(
    'loop',
    'loop',
    5,
    7,
    'share of the time for which the event loop was busy',
  )(
    ({ eventLoopUse }) => eventLoopUse,
    percent,
    ({ eventLoopUse }) => busyStyle(eventLoopUse),
  ),
  ofServer('lag', 'lag', 7, 13, 'smoothed lag of the event loop')((server) => load(server).eventLoopLag, latency),
  ofServer('memory', 'mem', 5, 10, 'memory of the process')((server) => load(server).rss, bytes),
  ofServer('uptime', 'up', 6, 11, 'age of the process')(({ report }) => report?.server.uptime, span),
  {
    ...{ key: 'version', head: 'version', width: 8, rank: 16, meaning: 'version of mailstation' },
    cell: ({ report }) => printable(report?.server.version ?? '-'),
    value: ({ report }) => report?.server.version ?? null,
  },
  {
    ...{ key: 'health', head: 'health', width: 11, rank: 9, meaning: 'health as the server reports it, or its state' },
    cell: healthOf,
    value: healthOf,
    style: healthStyle,
  },
];

function busyStyle(use: number | null): Style | undefined {
  if (use === null || use < 0.7) return undefined;
  return use < 0.9 ? 'yellow' : 'red';
}

function healthOf({ report, health }: ServerSample): string {
  if (report?.server.state === 'standby') return 'standby';
  return printable(health?.status ?? '-');
}

function healthStyle(server: ServerSample): Style | undefined {
  const health = healthOf(server);
  if (health === 'draining') return 'yellow';
  return health === 'not-serving' ? 'red' : undefined;
}

const ofMethod = figure<MethodSample>;

export const METHOD_COLUMNS: readonly TopColumn<MethodSample>[] = [
  {
    ...{ key: 'method', head: 'method', width: 16, rank: 0, meaning: 'name of the method, over all servers' },
    cell: ({ name }) => printable(name),
    value: ({ name }) => name,
  },
  ...CALLS,
  ofMethod('open', 'open', 5, 4, 'calls that have arrived and not ended')(({ total }) => total.open, short),
  ofMethod(
    'waiting',
    'wait',
    5,
    6,
    'calls among them that wait for their turn',
  )(
    ({ total }) => total.queued,
    short,
    ({ total }) => waitingStyle(total.queued),
  ),
  ofMethod('streams', 'strm', 5, 7, 'open streams among them')(({ total }) => total.streams, short),
  ofMethod('servers', 'srv', 5, 10, 'servers that have counted calls of the method')(({ servers }) => servers, short),
  ofMethod('total', 'total', 7, 11, 'calls that ended since the servers were made')(totalOf, short),
  {
    ...{ key: 'code', head: 'fails most with', width: 24, rank: 12, meaning: 'the most frequent code of the interval' },
    cell: (method) => printable(worstCode(method.rates) ?? '-'),
    value: ({ rates }) => rates?.failures ?? null,
  },
];

function totalOf({ total }: MethodSample): number {
  return Object.values(total.outcomes).reduce((sum, count) => sum + count, 0);
}

/** The most frequent code with which calls ended; undefined without one. */
function worstCode(rates: Rates | null): string | undefined {
  return Object.entries(rates?.codes ?? {}).sort(([, a], [, b]) => b - a)[0]?.[0];
}
