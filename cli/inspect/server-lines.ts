import { type ConnectionReport, latencyAt, type RecentCall } from '../../index.js';
import { printable } from '../../lib/quoted.js';
import type { MethodSample, ServerSample } from '../../observe/fleet/index.js';
import { type ListingColumn, listing, wrapped } from '../listing.js';
import { healthWord, reasonsOf } from '../servers.js';
import { bytes, latency, percent, span, whole } from '../terminal/numbers.js';
import type { Paint } from '../terminal/paint.js';
import type { Details } from './details.js';

/** One server, for people: facts as lines, then callers, methods and the last failures as tables. */
export function serverLines(
  sample: ServerSample,
  { callers, recent }: Details,
  width: number | undefined,
  paint: Paint,
): string[] {
  const type = sample.serverType === '' ? '' : ` (${printable(sample.serverType)})`;
  const head = wrapped(`${printable(sample.id)}${type} at ${printable(sample.url)}`, width);
  const lines = [...head.map((line) => paint(line, 'bold')), ...facts(sample, width)];
  const table = <Row>(columns: readonly ListingColumn<Row>[], rows: readonly Row[]): void => {
    if (rows.length > 0) lines.push('', ...listing(columns, rows, width, paint));
  };
  table(CALLERS, callers?.connections ?? []);
  table(METHODS, sample.methods);
  // Servers of earlier versions list callers who left among the failures.
  const failed = recent?.failed.filter(({ outcome }) => outcome !== 'left') ?? [];
  if (recent !== null) table(failures(recent.time), failed.slice(-SHOWN_FAILURES));
  return lines;
}

/** Failures that people see; `--json` has all that the server has. */
const SHOWN_FAILURES = 10;

function facts(sample: ServerSample, width: number | undefined): string[] {
  const { report, health } = sample;
  const line = (name: string, text: string): string[] => {
    const [first = '', ...more] = wrapped(text, width === undefined ? undefined : width - NAME);
    return [name.padEnd(NAME) + first, ...more.map((each) => ' '.repeat(NAME) + each)];
  };
  const why = reasonsOf(sample).flatMap((text) => line('  reason', printable(text)));
  if (report === null) return [...line('  state', healthWord(sample)), ...why];
  const { server, load, counting, others } = report;
  const loop = load.eventLoopActive + load.eventLoopIdle;
  const unknown = others === null ? 0 : Object.values(others.outcomes).reduce((sum, each) => sum + each, 0);
  return [
    ...line('  state', `${server.state}, ${health?.status ?? 'health unknown'}, up ${span(server.uptime)}`),
    ...why,
    ...line(
      '  process',
      `${server.pid} on ${printable(server.machine)}, mailstation ${printable(server.version)}, Node ${printable(server.node)}`,
    ),
    ...line('  places', server.urls.map(printable).join(', ') || '-'),
    ...line(
      '  calls',
      `${whole(load.running)} running, ${whole(load.queued)} queued, ${whole(load.abandoned)} abandoned, ${whole(load.streams)} streams, ${whole(load.connections)} connections`,
    ),
    ...line(
      '  loop',
      `lag ${latency(load.eventLoopLag)}, busy ${percent(loop > 0 ? load.eventLoopActive / loop : null)} since the start`,
    ),
    ...line('  memory', `${bytes(load.rss)}, heap ${bytes(load.heapUsed)}`),
    ...(unknown > 0 ? line('  unknown', `${whole(unknown)} calls of methods that are not there`) : []),
    ...(counting ? [] : line('  methods', 'not counted: the server has callStats: false')),
  ];
}

/** Width of the names of facts. */
const NAME = 12;

const ended = ({ total: { outcomes } }: MethodSample): number =>
  Object.values(outcomes).reduce((sum, each) => sum + each, 0);
/** Calls that ended well or failed. Callers who leave say nothing of the method. */
const judged = (method: MethodSample): number => ended(method) - method.total.outcomes.left;
const at =
  (share: number) =>
  ({ total }: MethodSample): string =>
    latency(total.latency.count === 0 ? null : latencyAt(total.latency, share));

const METHODS: readonly ListingColumn<MethodSample>[] = [
  { head: 'method', cell: ({ name }) => printable(name) },
  { head: 'calls', cell: (method) => whole(ended(method)), align: 'right' },
  {
    head: 'ok',
    cell: (method) => percent(judged(method) === 0 ? null : method.total.outcomes.ok / judged(method)),
    align: 'right',
    rank: 1,
  },
  { head: 'p50', cell: at(0.5), align: 'right', rank: 3 },
  { head: 'p95', cell: at(0.95), align: 'right', rank: 6 },
  { head: 'p99', cell: at(0.99), align: 'right', rank: 2 },
  { head: 'max', cell: at(1), align: 'right', rank: 5 },
  { head: 'open', cell: ({ total }) => whole(total.open), align: 'right', rank: 4 },
  { head: 'queued', cell: ({ total }) => whole(total.queued), align: 'right', rank: 7 },
  { head: 'left', cell: ({ total }) => whole(total.outcomes.left), align: 'right', rank: 8 },
  { head: 'codes', cell: ({ total }) => codesOf(total.codes), rank: 9 },
];

function codesOf(codes: Readonly<Record<string, number>>): string {
  const sorted = Object.entries(codes).sort(([, a], [, b]) => b - a);
  return printable(sorted.map(([code, count]) => `${code.replace(/^ERR_RPC_/, '')} ${whole(count)}`).join(', '));
}

const CALLERS: readonly ListingColumn<ConnectionReport>[] = [
  { head: 'caller', cell: ({ clientId, peer }) => printable(clientId ?? peer) },
  {
    head: 'process',
    cell: ({ process }) => printable(process === null ? '-' : `${process.pid} on ${process.machine}`),
    rank: 2,
  },
  { head: 'calls', cell: ({ calls }) => whole(calls), align: 'right' },
  { head: 'open', cell: ({ open }) => whole(open), align: 'right', rank: 1 },
  { head: 'proven', cell: ({ proven }) => printable(proven.join(', ') || '-'), rank: 3 },
  { head: 'address', cell: ({ peer }) => printable(peer), rank: 4 },
];

/** Columns of failed calls. `now`: time of the report, on the clock of the server. */
function failures(now: number): readonly ListingColumn<RecentCall>[] {
  return [
    { head: 'failed', cell: ({ method }) => printable(method) },
    { head: 'ago', cell: ({ time }) => span(Math.max(0, now - time)), align: 'right', rank: 2 },
    { head: 'code', cell: ({ code, outcome }) => printable(code ?? outcome) },
    { head: 'times', cell: ({ more }) => whole(more + 1), align: 'right', rank: 3 },
    { head: 'caller', cell: ({ caller }) => printable(caller ?? '-'), rank: 4 },
    { head: 'message', cell: ({ message }) => printable(message ?? ''), rank: 1 },
  ];
}
