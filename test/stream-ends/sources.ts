import type { Census } from './census.js';

/**
 * Ways in which a source of items behaves:
 *
 * - `counts` yields its items and returns their number.
 * - `endless` yields items for as long as it is asked.
 * - `throws` yields its items and throws.
 * - `odd` yields its items, and then a function, which no codec carries.
 * - `stalls` yields its items, and then waits for `over`.
 * - `deaf` yields its items, and then waits for `later`, whatever is asked of it meanwhile.
 * - `stubborn` answers `return()` as if the source went on.
 * - `lost` yields its items, and then waits for nothing that ever comes: its `finally` never runs.
 */
export type Kind = 'counts' | 'endless' | 'throws' | 'odd' | 'stalls' | 'deaf' | 'stubborn' | 'lost';

/** Moments that sources wait for. */
export interface Moments {
  /** The reader of this source wants no more. */
  readonly over: Promise<void>;
  /** The ends of all streams of now have been seen. */
  readonly later: Promise<void>;
}

/** Makes a source, and counts it from its first step to its last. */
export function makeSource(census: Census, kind: Kind, items: number, moments: Moments): AsyncIterable<unknown> {
  const source = kind === 'stubborn' ? stubborn(census) : generate(census, kind, items, moments);
  return census.track(source);
}

async function* generate(census: Census, kind: Kind, items: number, moments: Moments): AsyncGenerator<unknown> {
  if (kind === 'lost') return yield* loses(items);
  census.begun += 1;
  try {
    for (let i = 0; i < items || kind === 'endless'; i++) yield i;
    if (kind === 'throws') throw Object.assign(new RangeError('no more'), { code: 'E_MORE' });
    if (kind === 'odd') yield () => {};
    if (kind === 'stalls') await moments.over;
    if (kind === 'deaf') await moments.later;
    return items;
  } finally {
    census.finished += 1;
  }
}

/** Not counted as begun, since this generator cannot finish. The collector must free it nevertheless. */
async function* loses(items: number): AsyncGenerator<unknown> {
  for (let i = 0; i < items; i++) yield i;
  await new Promise(() => {});
}

function stubborn(census: Census): AsyncIterableIterator<unknown> {
  let asked = 0;
  return {
    next: async () => {
      if (asked === 0) census.begun += 1;
      return { done: false, value: asked++ };
    },
    return: async () => {
      if (asked > 0) census.finished += 1;
      return { done: false, value: 'more' };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
