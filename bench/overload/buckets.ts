import { quantile } from '../statistics.js';
import type { Phase } from './phase.js';

export const BUCKET_MS = 250;
/** Buckets in a row that must be as good as before the load, for the latency to be back. */
const BACK_BUCKETS = 4;
/** Above the median latency before the load, which is a few milliseconds, still no delay that a person notices. */
const SLACK_MS = 10;

/** Outcomes of a quarter of a second. */
export interface Bucket {
  readonly phase: Phase['name'];
  /** Calls that were due. */
  offered: number;
  /** Calls that were answered rightly within their deadline, from the moment at which they were due. */
  good: number;
  /** Latencies of these calls. Unit: ms */
  readonly p50?: number;
  readonly p99?: number;
  /** Calls that failed, by code. */
  readonly failed: Record<string, number>;
}

/** Collects outcomes by the time at which they come. */
export class Buckets {
  readonly #buckets: (Bucket & { readonly latencies: number[] })[] = [];

  constructor(phases: readonly Phase[]) {
    for (const { name, seconds } of phases) {
      for (let left = (seconds * 1_000) / BUCKET_MS; left > 0; left--)
        this.#buckets.push({ phase: name, offered: 0, good: 0, failed: {}, latencies: [] });
    }
  }

  offered(ms: number): void {
    this.#at(ms).offered += 1;
  }

  good(ms: number, latency: number): void {
    const bucket = this.#at(ms);
    bucket.good += 1;
    bucket.latencies.push(latency);
  }

  failed(ms: number, code: string): void {
    const { failed } = this.#at(ms);
    failed[code] = (failed[code] ?? 0) + 1;
  }

  /** Outcomes after the end count in the last bucket. */
  #at(ms: number): Bucket & { readonly latencies: number[] } {
    const bucket = this.#buckets[Math.min(this.#buckets.length - 1, Math.floor(ms / BUCKET_MS))];
    if (bucket === undefined) throw new RangeError('there are no phases');
    return bucket;
  }

  /** The buckets that are over at a time. */
  until(ms: number): Bucket[] {
    return this.#buckets.slice(0, Math.floor(ms / BUCKET_MS)).map(({ latencies, ...bucket }) => {
      const sorted = latencies.toSorted((a, b) => a - b);
      return sorted.length === 0 ? bucket : { ...bucket, p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99) };
    });
  }
}

/**
 * Time from the end of the overload to the first bucket of a second in which no call fails and the median latency is as before.
 * Undefined: the latency did not come back. Unit: ms
 */
export function backAfter(buckets: readonly Bucket[]): number | undefined {
  const before = buckets.filter(({ phase }) => phase === 'before').flatMap(({ p50 }) => p50 ?? []);
  if (before.length === 0) return undefined;
  const bound =
    2 *
      quantile(
        before.sort((a, b) => a - b),
        0.5,
      ) +
    SLACK_MS;
  const after = buckets.filter(({ phase }) => phase === 'after');
  const isGood = ({ p50, failed }: Bucket): boolean =>
    p50 !== undefined && p50 <= bound && Object.keys(failed).length === 0;
  const at = after.findIndex(
    (_, index) => index + BACK_BUCKETS <= after.length && after.slice(index, index + BACK_BUCKETS).every(isGood),
  );
  return at < 0 ? undefined : at * BUCKET_MS;
}
