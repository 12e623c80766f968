/** The items of a stream, asked for one after the other. */
interface Source {
  next(): Promise<IteratorResult<unknown>>;
  return?(): Promise<unknown>;
}

/** A source of items, as users give it. */
interface Given {
  getReader?(): ReadableStreamDefaultReader<unknown>;
  [Symbol.asyncIterator]?(): Source;
}

/** True for an AsyncIterable and for a ReadableStream. */
export function isStreamable(value: unknown): boolean {
  const given = Object(value) as Given;
  return given.getReader !== undefined || given[Symbol.asyncIterator] !== undefined;
}

/** Opens a source. Web streams are read by a reader: the browsers did not all make them iterable. */
export function openSource(value: unknown): Source {
  const given = value as Given;
  const reader = given.getReader?.();
  if (reader === undefined) return (given as Required<Given>)[Symbol.asyncIterator]();
  return { next: () => reader.read() as Promise<IteratorResult<unknown>>, return: () => reader.cancel() };
}
