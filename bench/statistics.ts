export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** @throws RangeError for no values at all. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  return { median: quantile(sorted, 0.5), min: quantile(sorted, 0), max: quantile(sorted, 1) };
}

/**
 * The value below which a `share` (0 to 1) of the values lies, between two neighbours in proportion: with an even
 * count, 0.5 is the mean of the middle two.
 */
export function quantile(sorted: readonly number[], share: number): number {
  const at = share * (sorted.length - 1);
  const below = sorted[Math.floor(at)];
  const above = sorted[Math.ceil(at)];
  if (below === undefined || above === undefined) throw new RangeError('no values');
  return below + (above - below) * (at - Math.floor(at));
}

/** Ratios of the rounds: the middle one, and the range of the middle half. */
export interface RatioRange {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** @throws RangeError where no round has a ratio. */
export function ratioRange(values: readonly number[], to: readonly number[]): RatioRange {
  // A round in which the machine stood still has no ratio.
  const ratios = values
    .map((value, round) => value / (to[round] ?? 0))
    .filter((ratio) => ratio > 0 && ratio < Infinity);
  const sorted = ratios.sort((a, b) => a - b);
  return { median: quantile(sorted, 0.5), low: quantile(sorted, 0.25), high: quantile(sorted, 0.75) };
}

/** @throws RangeError for no values at all. */
export function median(values: readonly number[]): number {
  return quantile(
    [...values].sort((a, b) => a - b),
    0.5,
  );
}
