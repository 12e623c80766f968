/** Sources of items that a call has, and that can be read once. */
const taken = new WeakSet<object>();

/** Notes that a call has the source. False where another call has: nothing, or the rest of its items, would be sent. */
export function takeSource(source: object): boolean {
  if (taken.has(source)) return false;
  const { next, destroy, getReader } = source as Record<'next' | 'destroy' | 'getReader', unknown>;
  // Another iterable gives a new iterator each time.
  if ([next, destroy, getReader].some((own) => typeof own === 'function')) taken.add(source);
  return true;
}

/** The call has failed before it asked for an item: an iterator is as good as new for another call, and a stream is destroyed. */
export function giveBackSource(source: object): void {
  if (typeof (source as Partial<Iterator<unknown>>).next === 'function') taken.delete(source);
}
