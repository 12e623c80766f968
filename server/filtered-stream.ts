import { checkedStep, discardStream, type StreamSource, streamSource } from '../lib/stream/stream-source.js';

type Step = IteratorResult<unknown, unknown>;

/**
 * The items of a stream, behind which `settle` runs once, at the end or at a failure; where it rejects, the stream fails with that
 * error. It does not run where the reader has left. No generator, whose `return()` would wait for a source that has nothing to
 * give: the source is asked to end at once.
 */
export class FilteredStream implements AsyncIterableIterator<unknown> {
  readonly #stream: unknown;
  readonly #source: StreamSource;
  readonly #settle: () => Promise<void>;
  #isLeft = false;
  /** Set from the end of the source on. */
  #settled: Promise<void> | undefined;

  constructor(stream: unknown, settle: () => Promise<void>) {
    this.#stream = stream;
    this.#settle = settle;
    // Steps run where this iterator is asked for them: within the context of the call.
    const source = streamSource(stream, (step) => step());
    if (source === undefined) throw new TypeError('a value without items');
    this.#source = source;
  }

  next(): Promise<Step> {
    if (this.#settled !== undefined) return Promise.resolve({ done: true, value: undefined });
    return this.#source.next().then(this.#onStep, this.#onFailure);
  }

  /** Waits for what runs behind the end, where the source has ended: until then the call has its place. */
  async return(value?: unknown): Promise<Step> {
    this.#isLeft = true;
    if (this.#settled === undefined) await this.#source.return();
    else await this.#settled.catch(ignore); // next() rejects with it
    return { done: true, value };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The items are not wanted. */
  destroy(): void {
    discardStream(this.#stream);
  }

  readonly #onStep = (given: unknown): Step | Promise<Step> => {
    let step: Step;
    try {
      step = checkedStep(given);
    } catch (error) {
      return this.#onFailure(error);
    }
    return step.done === true ? this.#over().then(() => step) : step;
  };

  readonly #onFailure = (error: unknown): Promise<never> => this.#over().then(() => Promise.reject(error));

  #over(): Promise<void> {
    this.#settled ??= this.#isLeft ? Promise.resolve() : this.#settle();
    return this.#settled;
  }
}

function ignore(): void {}
