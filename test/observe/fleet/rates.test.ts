import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LatencyHistogram, latencySince } from '../../../lib/latency-histogram.js';
import type { CallCounts } from '../../../lib/serving/call-stats.js';
import { mergedMethods, mergedRates, NO_COUNTS, ratesBetween, wentBack } from '../../../observe/fleet/rates.js';

function counts(
  histogram: LatencyHistogram,
  ok: number,
  failed: number,
  codes: Record<string, number> = {},
): CallCounts {
  const outcomes = { ...NO_COUNTS.outcomes, ok, failed };
  return { open: 1, streams: 0, outcomes, codes, latency: histogram.latency };
}

describe('latencySince', () => {
  it('has the latencies of the time between two reports alone', () => {
    const histogram = new LatencyHistogram();
    histogram.record(5_000);
    const before = histogram.latency;
    for (const micros of [10, 10, 20]) histogram.record(micros);
    assert.deepEqual(latencySince(histogram.latency, before), { count: 3, sum: 40, max: 20, buckets: [10, 2, 20, 1] });
  });

  it('has the exact longest call where that call is the longest of all', () => {
    const histogram = new LatencyHistogram();
    histogram.record(10);
    const before = histogram.latency;
    histogram.record(123_457);
    assert.equal(latencySince(histogram.latency, before).max, 123_457);
  });

  it('is empty where nothing was called', () => {
    const histogram = new LatencyHistogram();
    histogram.record(10);
    const { latency } = histogram;
    assert.deepEqual(latencySince(latency, latency), { count: 0, sum: 0, max: 0, buckets: [] });
  });
});

describe('rates', () => {
  it('are differences a second, by outcome and code, with percentiles of the interval', () => {
    const histogram = new LatencyHistogram();
    histogram.record(1_000_000);
    const before = counts(histogram, 1, 0);
    for (let i = 0; i < 99; i++) histogram.record(31);
    histogram.record(30_000);
    const rates = ratesBetween(counts(histogram, 91, 10, { ERR_RPC_REMOTE: 10 }), before, 2);
    assert.deepEqual([rates.seconds, rates.ended, rates.calls, rates.failures], [2, 100, 50, 5]);
    assert.deepEqual([rates.success, rates.outcomes.ok, rates.outcomes.failed], [0.9, 45, 5]);
    assert.deepEqual(rates.codes, { ERR_RPC_REMOTE: 5 });
    assert.deepEqual([rates.p50, rates.p99], [0.031, 0.031]);
    assert.ok(Math.abs((rates.max ?? 0) - 30) < 1, `${rates.max}`);
  });

  it('of nothing are zero, without percentiles', () => {
    const { calls, success, p50, max } = ratesBetween(NO_COUNTS, NO_COUNTS, 1);
    assert.deepEqual([calls, success, p50, max], [0, null, null, null]);
  });

  it('of several servers add up, and their latencies are one histogram', () => {
    const [fast, slow] = [new LatencyHistogram(), new LatencyHistogram()];
    for (let i = 0; i < 90; i++) fast.record(10);
    for (let i = 0; i < 10; i++) slow.record(20_000);
    const one = ratesBetween(counts(fast, 90, 0), NO_COUNTS, 1);
    const two = ratesBetween(counts(slow, 0, 10, { ERR_RPC_REMOTE: 10 }), NO_COUNTS, 2);
    const merged = mergedRates([one, two]);
    assert.deepEqual([merged?.seconds, merged?.ended, merged?.calls, merged?.open], [2, 100, 95, 2]);
    assert.deepEqual([merged?.success, merged?.failures, merged?.p50], [0.9, 5, 0.01]);
    assert.ok((merged?.p95 ?? 0) > 19);
    assert.equal(mergedRates([]), null);
  });

  it('of callers who left are neither good nor failed', () => {
    const left = (ok: number, failed: number, gone: number): CallCounts => ({
      ...NO_COUNTS,
      outcomes: { ...NO_COUNTS.outcomes, ok, failed, left: gone },
    });
    const one = ratesBetween(left(3, 1, 6), NO_COUNTS, 2);
    assert.deepEqual([one.ended, one.left, one.calls, one.failures, one.success], [10, 6, 5, 0.5, 0.75]);
    const none = ratesBetween(left(0, 0, 5), NO_COUNTS, 1);
    assert.deepEqual([none.ended, none.failures, none.success, none.outcomes.left], [5, 0, null, 5]);
    const merged = mergedRates([one, none, ratesBetween(left(4, 0, 0), NO_COUNTS, 1)]);
    assert.deepEqual([merged?.ended, merged?.left, merged?.failures, merged?.success], [19, 11, 0.5, 0.875]);
    assert.equal(mergedRates([none, none])?.success, null);
  });

  it('of methods are merged by name', () => {
    const rates = ratesBetween({ ...NO_COUNTS, open: 2 }, NO_COUNTS, 1);
    const method = (name: string) => ({ name, servers: 1, total: { name, queued: 1, ...NO_COUNTS }, rates });
    const merged = mergedMethods([[method('b'), method('a')], [method('b')]]);
    assert.deepEqual(
      merged.map(({ name, servers, total, rates }) => [name, servers, total.queued, rates?.open]),
      [
        ['a', 1, 1, 2],
        ['b', 2, 2, 4],
      ],
    );
  });

  it('know counts that went back', () => {
    const histogram = new LatencyHistogram();
    assert.equal(wentBack(counts(histogram, 5, 0), counts(histogram, 4, 0)), false);
    assert.equal(wentBack(counts(histogram, 5, 0), counts(histogram, 4, 1)), true);
  });
});
