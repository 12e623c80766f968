import { bucketStart, type Latency } from '../../lib/latency-histogram.js';
import { percent, whole } from '../terminal/numbers.js';
import { fit } from '../terminal/text.js';

/** Latencies between two bounds. */
interface Bar {
  /** First latency. Unit: ms */
  readonly from: number;
  /** Latency at which the next bar begins; null for the last bar of many, which has all that are longer. Unit: ms */
  readonly to: number | null;
  readonly count: number;
}

/** Bars at most; all calls that are longer share the last one. */
const BARS = 16;
/** Share of the calls that the bars before the last one must tell apart. */
const DETAILED = 0.99;

/** Parts of a column of eight, for the end of a bar. */
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/**
 * Bars of latencies: as fine as the buckets are, or two, four, ... buckets in each, so that there are few bars for most of the calls. A gap without calls
 * has one empty bar.
 */
function barsOf({ count, buckets }: Latency): Bar[] {
  const filled = pairs(buckets);
  const [first] = filled;
  if (first === undefined) return [];
  const [lowest] = first;
  const detailed = bucketAt(filled, count * DETAILED);
  let size = 1;
  while (Math.floor(detailed / size) - Math.floor(lowest / size) + 1 > BARS - 2) size *= 2;
  const counts = new Map<number, number>();
  for (const [bucket, each] of filled) {
    const bar = Math.floor(bucket / size);
    counts.set(bar, (counts.get(bar) ?? 0) + each);
  }
  return drawable([...counts], size);
}

function pairs(buckets: readonly number[]): [bucket: number, count: number][] {
  return Array.from({ length: buckets.length / 2 }, (_, at) => [
    buckets[2 * at] as number,
    buckets[2 * at + 1] as number,
  ]);
}

function bucketAt(filled: readonly [bucket: number, count: number][], rank: number): number {
  let passed = 0;
  for (const [bucket, count] of filled) {
    passed += count;
    if (passed >= rank) return bucket;
  }
  return filled.at(-1)?.[0] ?? 0;
}

function drawable(counts: readonly [bar: number, count: number][], size: number): Bar[] {
  const start = (bar: number): number => bucketStart(bar * size) / 1_000;
  const bars: Bar[] = [];
  let next = counts[0]?.[0] ?? 0;
  for (const [bar, count] of counts) {
    if (bar > next) bars.push({ from: start(next), to: start(bar), count: 0 });
    bars.push({ from: start(bar), to: start(bar + 1), count });
    next = bar + 1;
  }
  const rest = bars.slice(BARS - 1);
  if (rest.length < 2) return bars;
  const [{ from }] = rest as [Bar];
  return [...bars.slice(0, BARS - 1), { from, to: null, count: rest.reduce((sum, { count }) => sum + count, 0) }];
}

/** Lines of a histogram, one for each bar, in so many columns. */
export function histogramLines(latency: Latency, columns: number): string[] {
  const bars = barsOf(latency);
  const most = bars.reduce((largest, { count }) => Math.max(largest, count), 0);
  const decimals = decimalsFor(bars);
  const labels = bars.map(({ from, to }) => `${to === null ? '> ' : ''}${from.toFixed(decimals)}`);
  const counts = bars.map(({ count }) => whole(count));
  const labelWidth = widest(labels);
  const countWidth = widest(counts);
  const barWidth = Math.max(4, columns - labelWidth - countWidth - 17);
  return bars.map(({ count }, at) => {
    const label = `${fit(labels[at] as string, labelWidth, 'right')} ms`;
    const share = fit(count === 0 ? '' : percent(count / latency.count), 7, 'right');
    return `  ${label} ${fit(barText(count / most, barWidth), barWidth)} ${share} ${fit(counts[at] as string, countWidth, 'right')}`;
  });
}

/** Decimals with which all bars have labels of their own. */
function decimalsFor(bars: readonly Bar[]): number {
  const narrowest = bars.reduce((least, { from, to }) => Math.min(least, to === null ? 1 : to - from), 1);
  return narrowest >= 1 ? 0 : Math.min(3, Math.ceil(-Math.log10(narrowest)));
}

function widest(texts: readonly string[]): number {
  return texts.reduce((most, text) => Math.max(most, text.length), 0);
}

/** A bar of at least one eighth of a column, so that a single call can be seen. */
function barText(share: number, width: number): string {
  if (share === 0) return '';
  const eighths = Math.max(1, Math.round(share * width * 8));
  return '█'.repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] as string);
}
