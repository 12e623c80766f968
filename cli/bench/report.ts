import { type Latency, latencyAt } from '../../lib/latency-histogram.js';
import { printable } from '../../lib/quoted.js';
import { latency as latencyText, percent, rate, whole } from '../terminal/numbers.js';
import type { Paint } from '../terminal/paint.js';
import { cut } from '../terminal/text.js';
import { histogramLines } from './histogram.js';
import type { Load, LoadResult } from './load.js';

/** Percentiles of latencies. Unit: ms */
interface Percentiles {
  readonly p50: number | null;
  readonly p90: number | null;
  readonly p99: number | null;
  readonly 'p99.9': number | null;
  readonly max: number | null;
  readonly mean: number | null;
  /** All latencies, in the form that docs/inspect.md describes; in microseconds. */
  readonly histogram: Latency;
}

/** Outcome of a bench, as `--json` prints. */
export interface BenchReport {
  readonly format: 1;
  readonly method: string;
  /** Ids of the servers that were called; empty where the router chose. */
  readonly servers: readonly string[];
  readonly load: Load;
  /** Time in which calls were made. Unit: s */
  readonly seconds: number;
  readonly isInterrupted: boolean;
  /** Calls that ended. */
  readonly calls: number;
  readonly ok: number;
  readonly failed: number;
  /** Calls that were in flight when the bench was interrupted. */
  readonly left: number;
  /** Calls of a rate that were due and not made. */
  readonly skipped: number;
  /** Calls that ended in the time, a second. */
  readonly callsPerSecond: number;
  /** Number of failed calls by code, with the message of the first one. */
  readonly codes: Readonly<Record<string, { readonly count: number; readonly message: string }>>;
  /** From the moment at which a call was due, with a rate; otherwise from the call. */
  readonly latency: Percentiles;
  /** From the call, with a rate; null otherwise. */
  readonly service: Percentiles | null;
}

export function reportOf(method: string, servers: readonly string[], load: Load, result: LoadResult): BenchReport {
  const { tally, elapsed, skipped, isInterrupted } = result;
  const { ok, failed, left, failures } = tally;
  const seconds = elapsed / 1_000;
  return {
    ...{ format: 1, method, servers, load, seconds, isInterrupted, calls: tally.ended, ok, failed, left, skipped },
    callsPerSecond: seconds > 0 ? tally.inTime / seconds : 0,
    codes: Object.fromEntries(failures.map(({ code, count, first }) => [code, { count, message: first.message }])),
    latency: percentilesOf(tally.latency),
    service: load.rate === undefined ? null : percentilesOf(tally.service),
  };
}

function percentilesOf(histogram: Latency): Percentiles {
  const { count, sum, max } = histogram;
  const at = (share: number): number | null => (count === 0 ? null : latencyAt(histogram, share));
  return {
    ...{ p50: at(0.5), p90: at(0.9), p99: at(0.99), 'p99.9': at(0.999) },
    ...{ max: count === 0 ? null : max / 1_000, mean: count === 0 ? null : sum / count / 1_000, histogram },
  };
}

/** The report for people, in so many columns. */
export function reportLines(report: BenchReport, columns: number, paint: Paint): string[] {
  const { ok, failed, latency, service } = report;
  const failedText = `${whole(failed)} failed`;
  const lines = [
    `${paint(`${whole(Math.round(report.callsPerSecond))} calls/s`, 'bold')}, ${calls(report.calls)} in ${report.seconds.toFixed(1)} s`,
    `${whole(ok)} ok (${percent(report.calls === 0 ? null : ok / report.calls)}), ${failed > 0 ? paint(failedText, 'red') : failedText}`,
    ...noteLines(report),
    ...failureLines(report, columns),
    '',
    paint('latency', 'bold') + percentileText(latency),
  ];
  if (service !== null) lines.push(paint('service', 'bold') + percentileText(service));
  if (latency.histogram.count > 0) lines.push('', ...histogramLines(latency.histogram, columns));
  return lines;
}

function noteLines({ isInterrupted, left, skipped, load, callsPerSecond }: BenchReport): string[] {
  const notes: string[] = [];
  if (isInterrupted) notes.push(`interrupted, with ${calls(left)} in flight`);
  if (skipped > 0 && load.rate !== undefined)
    notes.push(
      `${calls(skipped)} of the ${rate(load.rate)}/s were due and not made (${rate(callsPerSecond)}/s ended): with them, latencies would be longer`,
    );
  return notes;
}

function calls(count: number): string {
  return `${whole(count)} ${count === 1 ? 'call' : 'calls'}`;
}

function failureLines({ codes }: BenchReport, columns: number): string[] {
  return Object.entries(codes).map(([code, { count, message }]) =>
    cut(`  ${whole(count)} ${printable(code)}: ${printable(message)}`, columns),
  );
}

function percentileText(percentiles: Percentiles): string {
  const names = ['p50', 'p90', 'p99', 'p99.9', 'max'] as const;
  return names.map((name) => `  ${name} ${latencyText(percentiles[name])}`).join('');
}
