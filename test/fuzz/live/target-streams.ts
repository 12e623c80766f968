import { callContext } from '../../../lib/call-context.js';

/** Items at most of a stream that ends by itself. */
const MAX_ROWS = 300;
/** Items that an own reader takes from a hostile server before it leaves. */
const ENOUGH = 60;

/** Streams of callers: those that run, and all so far. */
export const streams = { streaming: 0, opened: 0 };
/** Sources of own uploads that have begun and are not finished. */
export const sources = new Set<{ readonly at: number }>();

/** Counts a generator, or a method that reads an upload, while it runs. */
async function* counted<Item>(work: () => AsyncIterable<Item>): AsyncGenerator<Item> {
  streams.streaming += 1;
  streams.opened += 1;
  try {
    yield* work();
  } finally {
    streams.streaming -= 1;
  }
}

async function* count(to: number): AsyncGenerator<number> {
  for (let row = 0; row < to; row++) {
    if (row % 16 === 15) await new Promise((resolve) => setImmediate(resolve));
    yield row;
  }
}

/** The items that the caller sends; none where it sends no stream. */
async function* uploaded(): AsyncGenerator<unknown> {
  yield* callContext()?.stream ?? [];
}

/** Methods with streams, as strangers and good callers call them. */
export const streamingService = {
  rows: (to: unknown) => counted(() => count(Math.min(Number(to) || 0, MAX_ROWS))),
  endless: () => counted(() => count(Number.POSITIVE_INFINITY)),
  fails: () =>
    counted(async function* () {
      yield* count(3);
      throw new RangeError('no more rows');
    }),
  odd: () =>
    counted(async function* () {
      yield 1;
      yield () => {};
    }),
  both: () => counted(uploaded),
  read: async () => {
    let items = 0;
    for await (const _ of counted(uploaded)) items += 1;
    return items;
  },
  first: async () => {
    for await (const item of counted(uploaded)) return typeof item;
    return 'none';
  },
  /** Reads nothing, and answers when the call is given up. */
  hold: async () => {
    const { signal } = callContext() as { signal: AbortSignal };
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
  },
};

/** The same methods as their callers have them. */
export interface StreamRemote {
  readonly rows: StreamMethod;
  readonly read: StreamMethod;
  readonly both: StreamMethod;
}

interface StreamMethod {
  with(options: { readonly timeout: number; readonly stream?: AsyncIterable<unknown> }): StreamMethod;
  toServer(id: string, ...args: unknown[]): Promise<unknown>;
  readonly stream: { toServer(id: string, ...args: unknown[]): AsyncIterable<unknown> };
}

/** Source of an own upload. A call that is over must end it. */
export async function* numbers(): AsyncGenerator<number> {
  const begun = { at: performance.now() };
  sources.add(begun);
  try {
    yield* count(Number.POSITIVE_INFINITY);
  } finally {
    sources.delete(begun);
  }
}

/** Reads a stream, and leaves one that has too many items. Resolves with the number of items that were read. */
export async function readRows(stream: AsyncIterable<unknown>): Promise<number> {
  let items = 0;
  for await (const _ of stream) if (++items === ENOUGH) break;
  return items;
}
