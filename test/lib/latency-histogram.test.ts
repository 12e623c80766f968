import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LatencyHistogram, latencyAt, mergedLatency } from '../../lib/latency-histogram.js';

/** A histogram of these latencies, in microseconds. */
function of(...micros: number[]) {
  const histogram = new LatencyHistogram();
  for (const each of micros) histogram.record(each);
  return histogram.latency;
}

describe('LatencyHistogram', () => {
  it('keeps whole microseconds below 32, and 16 buckets for each power of two from there on', () => {
    assert.deepEqual(of(0, 1, 31, 31).buckets, [0, 1, 1, 1, 31, 2]);
    assert.deepEqual(of(32, 33, 34, 63, 64).buckets, [32, 2, 33, 1, 47, 1, 48, 1]);
  });

  it('puts each latency into the bucket whose documented bounds hold it', () => {
    const lower = (b: number) => (b < 32 ? b : (16 + (b % 16)) * 2 ** (Math.floor(b / 16) - 1));
    for (let micros = 1; micros < 2 ** 32; micros = Math.ceil(micros * 1.013)) {
      const [bucket = -1] = of(micros).buckets;
      assert.ok(lower(bucket) <= micros && micros < lower(bucket + 1), `${micros} in ${bucket}`);
    }
  });

  it('counts what is longer than 71 minutes in the last bucket, and has its sum', () => {
    const { buckets, sum, max, count } = of(2 ** 33);
    assert.deepEqual([buckets, sum, max, count], [[463, 1], 2 ** 33, 2 ** 33, 1]);
  });

  it('says which latency a share of the calls did not exceed, 3.1 % off at most', () => {
    const all = of(...Array.from({ length: 10_000 }, (_, i) => (i + 1) * 10));
    for (const share of [0.01, 0.5, 0.95, 0.99, 0.999]) {
      const ms = latencyAt(all, share);
      assert.ok(Math.abs(ms / (share * 100) - 1) < 0.032, `${share}: ${ms}`);
    }
    assert.ok(latencyAt(all, 1) <= 100);
    assert.equal(latencyAt(of(), 0.5), 0);
    assert.equal(latencyAt(of(5), 0.5), 0.005);
  });

  it('is added up by its buckets', () => {
    const [one, two] = [of(1, 50, 1_000), of(1, 2, 1_000_000)];
    assert.deepEqual(mergedLatency([one, two]), of(1, 50, 1_000, 1, 2, 1_000_000));
    assert.deepEqual(mergedLatency([]), of());
  });
});
