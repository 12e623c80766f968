/** Places of the values that have no value before and behind them: a line needs two, and such a sample is drawn as a dot. */
export function loneSamples(row: ArrayLike<number | null | undefined>): number[] {
  const lone: number[] = [];
  const isKnown = (at: number): boolean => (row[at] ?? null) !== null;
  for (let at = 0; at < row.length; at += 1) if (isKnown(at) && !isKnown(at - 1) && !isKnown(at + 1)) lone.push(at);
  return lone;
}
