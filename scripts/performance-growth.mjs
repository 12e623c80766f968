/**
 * Writes the sections about growth and overload of docs/performance.md, and their plots:
 *
 *     node scripts/performance-growth.mjs                              from bench/performance-growth.json
 *     node scripts/performance-growth.mjs growth.json overload.json    takes new figures into that file first
 *
 * Afterwards `npm run format` puts the file into the form of the house. The two files are what `npm run bench:growth -- --json` and `npm run bench:overload -- --json` print.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { linesOf } from './performance-lines.mjs';
import { number, PAGE, put, read, row } from './performance-page.mjs';

/**
 * @typedef {{ median: number }} Middle
 * @typedef {{ size: number, callsPerSecond: number, rateRatio: Middle, cpuUs: number, cpuRatio: Middle, serverUs: number, serverRatio: Middle, heldUs?: number }} Step
 * @typedef {{ name: string, title: string, unit: string, kinds: { kind: string, steps: Step[], error?: string }[] }} Series
 * @typedef {{ offered: number, good: number, failed: Record<string, number>, p50?: number, p99?: number }} Phase
 * @typedef {{ name: string, work: 'burn' | 'hold', capacity: number, overload: Phase, started: number, backAfterMs?: number,
 *     rssBefore: number, rssPeak: number, good: number[] }} Case `good`: answers within the deadline in each second
 * @typedef {Omit<Case, 'good'> & { before: Phase, lateMs: number, buckets: { good: number }[] }} CaseRun
 * @typedef {{ environment: object, settings: object }} Run
 */

const FIGURES = new URL('../bench/performance-growth.json', import.meta.url);
const BUCKETS_A_SECOND = 4;
const MIB = 2 ** 20;

const given = process.argv.slice(2);
if (given.length > 0) {
  /** @type {[Run & { series: Series[] }, Run & { cases: CaseRun[] }]} */
  const [growth, overload] = [read(given[0] ?? ''), read(given[1] ?? '')];
  const cases = overload.cases.map(({ buckets, ...figures }) => {
    const seconds = Array.from({ length: Math.floor(buckets.length / BUCKETS_A_SECOND) }, (_, second) =>
      buckets
        .slice(second * BUCKETS_A_SECOND, (second + 1) * BUCKETS_A_SECOND)
        .reduce((sum, { good }) => sum + good, 0),
    );
    return { ...figures, good: seconds };
  });
  writeFileSync(FIGURES, `${JSON.stringify({ growth, overload: { ...overload, cases } }, null, 1)}\n`);
}
/** @type {{ growth: { series: Series[] }, overload: { settings: { seconds: { before: number, overload: number } }, cases: Case[] } }} */
const { growth, overload } = read(FIGURES);

/** @param {Series} series */
function seriesTable({ title, unit, kinds }) {
  const [ours, bare] = kinds;
  if (ours === undefined || kinds.some(({ error }) => error !== undefined)) throw new Error(`${title} has failed`);
  const hasHeld = ours.steps.some(({ heldUs }) => heldUs !== undefined);
  const head = [
    ...[unit, 'CPU µs a call', 'x', 'of these the server', 'x', 'calls/s', 'x'],
    ...(hasHeld ? ['CPU µs of a waiting call'] : []),
    ...(bare === undefined ? [] : [`${bare.kind}: CPU µs a call`, 'x', 'calls/s, x']),
  ];
  const rows = ours.steps.map((step, at) => {
    const { size, cpuUs, cpuRatio, serverUs, serverRatio, callsPerSecond, rateRatio, heldUs } = step;
    const other = bare?.steps[at];
    return row([
      size.toLocaleString('en-US'),
      ...[cpuUs, cpuRatio.median, serverUs, serverRatio.median, callsPerSecond, rateRatio.median].map(number),
      ...(hasHeld ? [heldUs === undefined ? '' : number(heldUs)] : []),
      ...(other === undefined ? [] : [other.cpuUs, other.cpuRatio.median, other.rateRatio.median].map(number)),
    ]);
  });
  const rule = `|${' --: |'.repeat(head.length)}`;
  return [`### ${title[0]?.toUpperCase()}${title.slice(1)}`, '', row(head), rule, ...rows, ''].join('\n');
}

/** @param {Record<string, number>} failed */
function codes(failed) {
  const texts = Object.entries(failed)
    .filter(([, rate]) => rate >= 0.5)
    .map(([code, rate]) => `${number(Math.round(rate))} ${code.startsWith('ERR') ? `\`${code}\`` : code}`);
  return texts.length === 0 ? 'none' : texts.join(', ');
}

/** @param {Case[]} cases */
function overloadTable(cases) {
  const head = [
    ...['a call of, bounds', 'capacity, calls/s', 'good at twice of it, x capacity', 'methods started, x capacity'],
    ...[
      'p50 / p99 of the good, ms',
      'failed a second',
      'latency back after, s',
      "server's memory, MiB: before, at most",
    ],
  ];
  const rows = cases.map(
    ({ name, capacity, overload: { good, failed, p50, p99 }, started, backAfterMs, rssBefore, rssPeak }) =>
      row([
        name.replace(/^(\w+), (.*)$/, '`$1`, $2'),
        number(capacity),
        (good / capacity).toFixed(2),
        (started / capacity).toFixed(2),
        p50 === undefined ? 'none' : `${Math.round(p50)} / ${Math.round(p99 ?? p50)}`,
        codes(failed),
        backAfterMs === undefined ? 'not within 60' : (backAfterMs / 1_000).toFixed(2),
        `${Math.round(rssBefore / MIB)}, ${Math.round(rssPeak / MIB)}`,
      ]),
  );
  return [row(head), `| --- |${' --: |'.repeat(head.length - 1)}`, ...rows, ''].join('\n');
}

/** @param {number} low @param {number} high @param {(value: number) => string} label */
function decades(low, high, label) {
  return Array.from({ length: high - low + 1 }, (_, at) => ({ at: 10 ** (low + at), label: label(10 ** (low + at)) }));
}

/** @param {readonly import('./performance-lines.mjs').Line[]} lines @returns {import('./performance-lines.mjs').Axis} */
function cpuAxis(lines) {
  const values = lines.flatMap(({ points }) => points.map(([, us]) => us));
  const low = Math.floor(Math.log10(Math.min(...values)));
  const high = Math.ceil(Math.log10(Math.max(...values)));
  const ticks = decades(low, high, (value) => `${value.toLocaleString('en-US')} µs`);
  return { scale: 'log', min: 10 ** low, max: 10 ** high, ticks, title: 'CPU time of a call, all processes' };
}

/** @param {string} name @param {0 | 1 | 2} color @param {Record<string, string>} titles @returns {import('./performance-lines.mjs').Line[]} */
function seriesLines(name, color, titles) {
  const kinds = growth.series.find((series) => series.name === name)?.kinds ?? [];
  return kinds.map(({ kind, steps }, at) => ({
    ...{ name: titles[kind] ?? kind, color, isBare: at > 0 },
    points: steps.map(({ size, cpuUs }) => /** @type {const} */ ([size, cpuUs])),
  }));
}

/** @param {string} name @param {import('./performance-lines.mjs').Plot} plot */
function draw(name, plot) {
  writeFileSync(new URL(`../docs/performance-${name}.svg`, import.meta.url), linesOf(plot));
}

let page = readFileSync(PAGE, 'utf8');
page = put(page, 'growth', growth.series.map(seriesTable).join('\n'));
page = put(page, 'overload', overloadTable(overload.cases));
writeFileSync(PAGE, page);

const payload = [
  ...seriesLines('bytes', 0, { mailstation: 'mailstation, bytes', 'limit-raw': 'bare loop without a codec, bytes' }),
  ...seriesLines('text', 1, { mailstation: 'mailstation, text', 'limit-json': 'bare loop with JSON, text' }),
];
const sizes = [16, 256, 4_096, 65_536, 1_048_576].map((at, place) => ({
  at,
  label: ['16 B', '256 B', '4 KiB', '64 KiB', '1 MiB'][place] ?? '',
}));
draw('payload', {
  title: 'Size of the payload, 8 calls in flight',
  x: { scale: 'log', min: 16, max: 1_048_576, ticks: sizes, title: 'size of the payload' },
  y: cpuAxis(payload),
  lines: payload,
});

const clients = seriesLines('clients', 0, { mailstation: 'mailstation', 'limit-json': 'bare loop with JSON' });
draw('clients', {
  title: 'Clients of one server, 1,000 small calls in flight over all of them',
  x: {
    ...{ scale: 'log', min: 1, max: 1_000, title: 'clients, each with a connection' },
    ticks: decades(0, 3, (value) => value.toLocaleString('en-US')),
  },
  y: cpuAxis(clients),
  lines: clients,
});

const { before, overload: length } = overload.settings.seconds;
const WORK = { burn: 'a millisecond of the processor', hold: 'ten milliseconds with one of 16 places' };
for (const work of /** @type {const} */ (['burn', 'hold'])) {
  const cases = overload.cases.filter((one) => one.work === work);
  const end = Math.max(...cases.map(({ good }) => good.length));
  const step = end > 50 ? 10 : 5;
  draw(`overload-${work}`, {
    title: `Twice the capacity for ${length} s: a call takes ${WORK[work]}`,
    x: {
      ...{ scale: 'linear', min: 0, max: Math.ceil(end / step) * step, title: 'seconds' },
      ticks: Array.from({ length: Math.ceil(end / step) + 1 }, (_, at) => ({ at: at * step, label: `${at * step}` })),
    },
    y: {
      ...{ scale: 'linear', min: 0, max: 1.5, title: 'good answers, x capacity' },
      ticks: [0, 0.5, 1, 1.5].map((at) => ({ at, label: at.toFixed(1) })),
    },
    lines: cases.map(({ name, good, capacity }, at) => ({
      ...{ name: name.replace(/^\w+, /, ''), color: /** @type {0 | 1 | 2} */ (at) },
      points: good.map((count, second) => /** @type {const} */ ([second + 0.5, count / capacity])),
    })),
    zone: { from: before, to: before + length, label: 'calls at twice the capacity' },
  });
}
