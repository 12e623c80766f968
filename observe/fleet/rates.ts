import type { CallOutcome } from '../../lib/call-outcome.js';
import { type Latency, latencyAt, latencySince, mergedLatency } from '../../lib/latency-histogram.js';
import type { CallCounts, OutcomeCounts } from '../../lib/serving/call-stats.js';
import type { MethodStats } from '../../server/stats.js';
import type { MethodSample, Rates } from './sample.js';

/** Counts of calls, with those that wait for their turn where that is known. */
export type Counts = CallCounts & { readonly queued?: number };

/** Outcomes of calls, the good one first. */
const OUTCOMES: readonly CallOutcome[] = ['ok', 'failed', 'refused', 'late', 'left', 'unanswered'];

const NO_LATENCY: Latency = Object.freeze({ count: 0, sum: 0, max: 0, buckets: Object.freeze([]) });
const NO_OUTCOMES: OutcomeCounts = Object.freeze({ ok: 0, failed: 0, refused: 0, late: 0, left: 0, unanswered: 0 });

/** Counts of a method that was never called. */
export const NO_COUNTS: CallCounts = Object.freeze({
  open: 0,
  streams: 0,
  outcomes: NO_OUTCOMES,
  codes: Object.freeze({}),
  latency: NO_LATENCY,
});

/** True where counts of the same server are lower than before: another server has begun to count. */
export function wentBack(now: Counts, before: Counts): boolean {
  return OUTCOMES.some((outcome) => now.outcomes[outcome] < before.outcomes[outcome]);
}

/** Rates of the calls between two counts. `seconds`: time between the counts, above 0. */
export function ratesBetween(now: Counts, before: Counts, seconds: number): Rates {
  const outcomes = byOutcome((outcome) => now.outcomes[outcome] - before.outcomes[outcome]);
  const codes = new Map<string, number>();
  for (const [code, count] of Object.entries(now.codes)) {
    const more = count - (before.codes[code] ?? 0);
    if (more > 0) codes.set(code, more);
  }
  const ended = OUTCOMES.reduce((sum, outcome) => sum + outcomes[outcome], 0);
  const { ok, left } = outcomes;
  return withPercentiles({
    ...{ seconds, ended, left, calls: ended / seconds, failures: (ended - left - ok) / seconds },
    success: ended === left ? null : ok / (ended - left),
    outcomes: byOutcome((outcome) => outcomes[outcome] / seconds),
    codes: Object.fromEntries([...codes].map(([code, count]) => [code, count / seconds])),
    latency: latencySince(now.latency, before.latency),
    ...{ open: now.open, queued: now.queued ?? 0, streams: now.streams },
  });
}

/** Rates of several methods or servers, added up. Null for an empty list. */
export function mergedRates(list: readonly Rates[]): Rates | null {
  if (list.length <= 1) return list[0] ?? null;
  const sum = (value: (rates: Rates) => number): number => list.reduce((total, rates) => total + value(rates), 0);
  const [ended, left] = [sum((rates) => rates.ended), sum((rates) => rates.left)];
  const codes = new Map<string, number>();
  for (const rates of list)
    for (const [code, rate] of Object.entries(rates.codes)) codes.set(code, (codes.get(code) ?? 0) + rate);
  return withPercentiles({
    seconds: list.reduce((longest, { seconds }) => Math.max(longest, seconds), 0),
    ...{ ended, left, calls: sum((rates) => rates.calls), failures: sum((rates) => rates.failures) },
    success: ended === left ? null : sum((rates) => (rates.success ?? 0) * (rates.ended - rates.left)) / (ended - left),
    outcomes: byOutcome((outcome) => sum((rates) => rates.outcomes[outcome])),
    codes: Object.fromEntries(codes),
    latency: mergedLatency(list.map(({ latency }) => latency)),
    ...{ open: sum(({ open }) => open), queued: sum(({ queued }) => queued), streams: sum(({ streams }) => streams) },
  });
}

/** Methods of several servers, merged by name, in the order of the names. */
export function mergedMethods(lists: readonly (readonly MethodSample[])[]): MethodSample[] {
  const byName = new Map<string, MethodSample[]>();
  for (const method of lists.flat()) {
    const same = byName.get(method.name);
    if (same === undefined) byName.set(method.name, [method]);
    else same.push(method);
  }
  return [...byName]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, same]) => ({
      name,
      servers: same.reduce((sum, { servers }) => sum + servers, 0),
      total: mergedStats(
        name,
        same.map(({ total }) => total),
      ),
      rates: mergedRates(same.flatMap(({ rates }) => (rates === null ? [] : [rates]))),
    }));
}

function mergedStats(name: string, list: readonly MethodStats[]): MethodStats {
  const sum = (value: (stats: MethodStats) => number): number => list.reduce((total, stats) => total + value(stats), 0);
  const codes = new Map<string, number>();
  for (const stats of list)
    for (const [code, count] of Object.entries(stats.codes)) codes.set(code, (codes.get(code) ?? 0) + count);
  return {
    name,
    ...{ open: sum(({ open }) => open), queued: sum(({ queued }) => queued), streams: sum(({ streams }) => streams) },
    outcomes: byOutcome((outcome) => sum((stats) => stats.outcomes[outcome])),
    codes: Object.fromEntries(codes),
    latency: mergedLatency(list.map(({ latency }) => latency)),
  };
}

function withPercentiles(rates: Omit<Rates, 'p50' | 'p95' | 'p99' | 'max'>): Rates {
  const { latency } = rates;
  const at = (share: number): number | null => (latency.count === 0 ? null : latencyAt(latency, share));
  return {
    ...rates,
    p50: at(0.5),
    p95: at(0.95),
    p99: at(0.99),
    max: latency.count === 0 ? null : latency.max / 1_000,
  };
}

function byOutcome(value: (outcome: CallOutcome) => number): OutcomeCounts {
  return Object.fromEntries(OUTCOMES.map((outcome) => [outcome, value(outcome)])) as Record<CallOutcome, number>;
}
