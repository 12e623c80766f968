import mapWithAsync from 'async/mapLimit.js';

/** Maps a list with `limit` calls of `map` at once, at most. The results are in the order of the list. */
export function mapLimit<T, R>(list: readonly T[], limit: number, map: (item: T) => Promise<R>): Promise<R[]> {
  return mapWithAsync([...list], limit, async (item: T) => await map(item));
}
