/** Items of a stream, asked for one after the other. Neither function throws. */
export interface StreamSource {
  /** Asks for the next item. What the promise gives is what the user's iterator gave: see {@link checkedStep}. */
  next(): Promise<IteratorResult<unknown, unknown>>;
  /** No further item is asked for. Settles when the source has ended, which may be never. */
  return(): Promise<unknown>;
}

/** Runs a step of a source: in the context of a call, for example. */
export type RunStep = <T>(work: () => T) => T;

type Iterators = Partial<Record<'next' | 'return', (...args: unknown[]) => unknown>>;

/**
 * Source of the items of a value: an AsyncIterable (an async generator, a Readable of Node), a ReadableStream of the web, or a
 * generator. Undefined for all other values, an array and a Set among them. `run` runs each step, since the body of a generator
 * runs in the context of the caller of `next`.
 */
export function streamSource(value: unknown, run: RunStep): StreamSource | undefined {
  const kind = kindOf(value);
  if (kind === undefined) return undefined;
  if (kind === 'iterator') return new IteratorSource(value as Iterators, run, true);
  if (kind === 'reader') return new IteratorSource(readerOf(value as ReadableStream), run, false);
  return new IteratorSource(() => (value as AsyncIterable<unknown>)[Symbol.asyncIterator]() as Iterators, run, false);
}

/** True for a value that {@link streamSource} takes. */
export function isStreamable(value: unknown): boolean {
  return kindOf(value) !== undefined;
}

/** Ends a value whose items are not wanted. An iterable of which no item was asked for has nothing to end. */
export function discardStream(value: unknown): void {
  const { cancel, destroy } = value as Partial<Record<'cancel' | 'destroy', () => unknown>>;
  try {
    if (kindOf(value) === 'reader') void Promise.resolve(cancel?.call(value)).catch(ignore);
    else if (typeof destroy === 'function') destroy.call(value);
  } catch {
    // A stream that cannot be cancelled, since a reader holds it.
  }
}

function kindOf(value: unknown): 'async' | 'reader' | 'iterator' | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { getReader, next } = value as { getReader?: unknown; next?: unknown };
  if (typeof getReader === 'function') return 'reader';
  if (typeof (value as Partial<AsyncIterable<unknown>>)[Symbol.asyncIterator] === 'function') return 'async';
  const isGenerator = typeof next === 'function' && Object.prototype.toString.call(value) === '[object Generator]';
  return isGenerator ? 'iterator' : undefined;
}

/** Web streams are read by a reader: the browsers did not all make them iterable. */
function readerOf(stream: ReadableStream): () => Iterators {
  return () => {
    const reader = stream.getReader();
    return { next: () => reader.read(), return: () => reader.cancel() };
  };
}

/** Steps of an iterator as promises. */
class IteratorSource implements StreamSource {
  readonly #run: RunStep;
  /** Values that are promises are awaited, as in `for await`. */
  readonly #awaitsValues: boolean;
  #open: (() => Iterators) | undefined;
  #iterator: Iterators | undefined;
  #next: Iterators['next'];

  constructor(iterator: Iterators | (() => Iterators), run: RunStep, awaitsValues: boolean) {
    this.#run = run;
    this.#awaitsValues = awaitsValues;
    if (typeof iterator === 'function') this.#open = iterator;
    else this.#iterator = iterator;
  }

  next(): Promise<IteratorResult<unknown, unknown>> {
    try {
      const step = this.#run(() => this.#step());
      if (this.#awaitsValues) return this.#awaited(step as IteratorResult<unknown, unknown>);
      // What the promise gives is checked by the asker: a step more for each item would cost more than the check.
      return step instanceof Promise ? step : Promise.resolve(step as IteratorResult<unknown, unknown>);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  return(): Promise<unknown> {
    this.#open = undefined;
    const iterator = this.#iterator;
    try {
      return Promise.resolve(this.#run(() => iterator?.return?.call(iterator, undefined)));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #step(): unknown {
    if (this.#open !== undefined) {
      this.#iterator = this.#open();
      this.#open = undefined;
    }
    const iterator = this.#iterator;
    this.#next ??= iterator?.next;
    if (typeof this.#next !== 'function') throw new TypeError('the stream has no next() to ask for its items');
    return this.#next.call(iterator);
  }

  /** Node 20 and 22 do not close a generator whose promise rejects, so that the generator is closed here. */
  async #awaited(step: IteratorResult<unknown, unknown>): Promise<IteratorResult<unknown, unknown>> {
    const { done, value } = checkedStep(step);
    try {
      return { done, value: await value } as IteratorResult<unknown, unknown>;
    } catch (error) {
      if (done !== true) await this.return();
      throw error;
    }
  }
}

/** Checks the result of an iterator's step. Throws where the result is no object. */
export function checkedStep(step: unknown): IteratorResult<unknown, unknown> {
  if (typeof step === 'object' && step !== null) return step as IteratorResult<unknown, unknown>;
  throw new TypeError('next() of the stream gave no object');
}

function ignore(): void {}
