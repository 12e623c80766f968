/** Latencies of a set of calls, as they travel: buckets that histograms of all servers have in common, so that they can be added up. */
export interface Latency {
  /** Number of latencies. */
  readonly count: number;
  /** Sum of the latencies. Unit: microseconds */
  readonly sum: number;
  /** Largest latency; 0 without one. Unit: microseconds */
  readonly max: number;
  /**
   * Number of each bucket that is not empty, followed by the number of latencies in the bucket, in ascending order: `[17, 3, 33, 1]` is three
   * latencies in bucket 17 and one in bucket 33. Buckets 0 to 31 hold the latency of so many whole microseconds. Bucket `b` from 32 on begins at
   * `(16 + b % 16) * 2 ** (floor(b / 16) - 1)` microseconds, and ends where the next bucket begins: sixteen buckets for each power of two, so that
   * the middle of a bucket is at most 3.1 % off.
   */
  readonly buckets: readonly number[];
}

/** Bits of a latency behind the first one that choose the bucket. */
const SUB_BITS = 4;
const SUB_BUCKETS = 1 << SUB_BITS;
/** Buckets up to 2^32 microseconds, which are 71 minutes. Longer latencies count in the last one. */
const BUCKETS = (32 - SUB_BITS) * SUB_BUCKETS + SUB_BUCKETS;
const LONGEST = 2 ** 32 - 1;

/** Bucket of a latency in whole microseconds, from 0 to 2^32 - 1. */
function bucketOf(micros: number): number {
  if (micros < 2 * SUB_BUCKETS) return micros;
  const shift = 31 - SUB_BITS - Math.clz32(micros);
  return shift * SUB_BUCKETS + (micros >>> shift);
}

/** First latency of a bucket of {@link Latency}. Unit: microseconds */
export function bucketStart(bucket: number): number {
  if (bucket < 2 * SUB_BUCKETS) return bucket;
  return (SUB_BUCKETS + (bucket % SUB_BUCKETS)) * 2 ** (Math.floor(bucket / SUB_BUCKETS) - 1);
}

/** Middle of a bucket. Unit: microseconds */
function middleOf(bucket: number): number {
  const lower = bucketStart(bucket);
  return bucket < 2 * SUB_BUCKETS ? lower : (lower + bucketStart(bucket + 1)) / 2;
}

/** Buckets by which a histogram grows: most methods answer within 2 ms, and need a quarter of all buckets. */
const GROWTH = 64;

/** Counts latencies in log-linear buckets. To count one takes a few instructions, and memory only where no latency was as long before. */
export class LatencyHistogram {
  // Doubles: a busy server would wrap integers of 32 bits within a day.
  #counts = new Float64Array(GROWTH);
  #count = 0;
  #sum = 0;
  #max = 0;

  /** Counts a latency. `micros`: whole microseconds, from 0. */
  record(micros: number): void {
    const bucket = bucketOf(micros > LONGEST ? LONGEST : micros);
    if (bucket >= this.#counts.length) this.#growTo(bucket);
    this.#counts[bucket] = (this.#counts[bucket] as number) + 1;
    this.#count += 1;
    this.#sum += micros;
    if (micros > this.#max) this.#max = micros;
  }

  /** The latencies that were counted, to be sent. */
  get latency(): Latency {
    const buckets: number[] = [];
    for (let bucket = 0; bucket < this.#counts.length; bucket++) {
      const count = this.#counts[bucket] as number;
      if (count > 0) buckets.push(bucket, count);
    }
    return { count: this.#count, sum: this.#sum, max: this.#max, buckets };
  }

  #growTo(bucket: number): void {
    const counts = new Float64Array(Math.min(BUCKETS, (Math.floor(bucket / GROWTH) + 1) * GROWTH));
    counts.set(this.#counts);
    this.#counts = counts;
  }
}

/**
 * Adds latencies up: those of several methods, or of one method on several servers.
 * @example
 * ```ts
 * import { latencyAt, mergedLatency, type Latency } from 'mailstation';
 *
 * function p99(servers: readonly Latency[]): number {
 *   return latencyAt(mergedLatency(servers), 0.99); // in milliseconds
 * }
 * ```
 */
export function mergedLatency(latencies: readonly Latency[]): Latency {
  const counts = new Map<number, number>();
  let [count, sum, max] = [0, 0, 0];
  for (const each of latencies) {
    count += each.count;
    sum += each.sum;
    max = Math.max(max, each.max);
    for (let i = 0; i + 1 < each.buckets.length; i += 2) {
      const bucket = each.buckets[i] as number;
      counts.set(bucket, (counts.get(bucket) ?? 0) + (each.buckets[i + 1] as number));
    }
  }
  return { count, sum, max, buckets: [...counts].sort(([a], [b]) => a - b).flat() };
}

/**
 * Latencies of the calls that were counted between two reports of one histogram. `max` is exact where the longest call of all is one of them,
 * and otherwise the middle of the highest bucket.
 */
export function latencySince(now: Latency, before: Latency): Latency {
  const counts = new Map<number, number>();
  for (let i = 0; i + 1 < now.buckets.length; i += 2)
    counts.set(now.buckets[i] as number, now.buckets[i + 1] as number);
  for (let i = 0; i + 1 < before.buckets.length; i += 2) {
    const bucket = before.buckets[i] as number;
    counts.set(bucket, (counts.get(bucket) ?? 0) - (before.buckets[i + 1] as number));
  }
  const buckets = [...counts].filter(([, count]) => count > 0).sort(([a], [b]) => a - b);
  const highest = buckets.at(-1)?.[0];
  const max = highest === undefined ? 0 : now.max > before.max ? now.max : Math.min(now.max, middleOf(highest));
  const count = buckets.reduce((sum, [, each]) => sum + each, 0);
  return { count, sum: Math.max(0, now.sum - before.sum), max, buckets: buckets.flat() };
}

/**
 * Returns the latency that a share of the calls did not exceed: 0.5 for the median, 1 for the longest call. 3.1 % off at most. 0 without calls. Unit: ms.
 * @example
 * ```ts
 * import { createServer, latencyAt } from 'mailstation';
 *
 * const services = { user: { rooms: { list: () => ['lobby'] } } };
 * const server = createServer({ id: 'chat-1', port: 0, services });
 * for (const { name, latency } of server.stats().methods) console.log(name, latencyAt(latency, 0.5), latencyAt(latency, 0.99));
 * ```
 */
export function latencyAt({ count, max, buckets }: Latency, share: number): number {
  const rank = Math.max(1, Math.ceil(count * share));
  let passed = 0;
  for (let i = 0; i + 1 < buckets.length; i += 2) {
    passed += buckets[i + 1] as number;
    if (passed < rank) continue;
    return Math.min(max, middleOf(buckets[i] as number)) / 1_000;
  }
  return max / 1_000;
}

/**
 * Returns how many latencies did not exceed each of the bounds, which are in ascending order. A bucket in which a bound lies counts where its
 * middle does not exceed the bound, so that latencies at most 3.1 % from the bound may be on the other side of it. Unit of the bounds:
 * microseconds
 */
export function countsUpTo({ buckets }: Latency, bounds: readonly number[]): number[] {
  let [at, count] = [0, 0];
  return bounds.map((bound) => {
    for (; at + 1 < buckets.length && middleOf(buckets[at] as number) <= bound; at += 2)
      count += buckets[at + 1] as number;
    return count;
  });
}
