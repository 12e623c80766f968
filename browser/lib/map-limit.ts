/** Maps a list with `limit` calls of `map` at once, at most. The results are in the order of the list. */
export async function mapLimit<T, R>(list: readonly T[], limit: number, map: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const rest = list.entries();
  const work = async (): Promise<void> => {
    for (const [i, item] of rest) results[i] = await map(item);
  };
  await Promise.all(Array.from({ length: Math.min(limit, list.length) }, work));
  return results;
}
