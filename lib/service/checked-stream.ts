import { checkedStep, discardStream, type StreamSource, streamSource } from '../stream/stream-source.js';
import { itemError } from './check-errors.js';
import { ListCheck, type ListSchemas } from './list-check.js';

/**
 * The items of a stream, each of them checked when it is asked for; readers get the values that the schemas have made. An item that
 * does not fit ends the stream with an error, and the source is asked to end. `fail` makes the error for the reader. `name`: name
 * of the method.
 */
export class CheckedStream implements AsyncIterableIterator<unknown> {
  readonly #stream: unknown;
  readonly #schemas: ListSchemas;
  readonly #name: string;
  readonly #fail: (error: Error) => Error;
  readonly #source: StreamSource;
  #checked = 0;
  #hasFailed = false;

  constructor(stream: unknown, schemas: ListSchemas, name: string, fail = (error: Error) => error) {
    this.#stream = stream;
    this.#schemas = schemas;
    this.#name = name;
    this.#fail = fail;
    // Steps run where this iterator is asked for them: within the context of the call.
    const source = streamSource(stream, (step) => step());
    if (source === undefined) throw new TypeError('a value without items');
    this.#source = source;
  }

  next(): Promise<IteratorResult<unknown, unknown>> {
    if (this.#hasFailed) return Promise.resolve({ done: true, value: undefined });
    return this.#source.next().then(this.#check);
  }

  async return(value?: unknown): Promise<IteratorResult<unknown, unknown>> {
    await this.#source.return();
    return { done: true, value };
  }

  async throw(error: unknown): Promise<IteratorResult<unknown, unknown>> {
    await this.#source.return();
    throw error;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The items are not wanted. */
  destroy(): void {
    discardStream(this.#stream);
  }

  readonly #check = (given: unknown): IteratorResult<unknown, unknown> | Promise<IteratorResult<unknown, unknown>> => {
    const step = checkedStep(given);
    if (step.done === true) return step;
    const check = new ListCheck();
    const at = this.#checked++;
    const settle = (): IteratorResult<unknown, unknown> => {
      const error = itemError(check, at, this.#name);
      if (error === undefined) return { done: false, value: check.outputs[0] };
      this.#hasFailed = true;
      this.#source.return().catch(ignore); // the reader gets the first error
      throw this.#fail(error);
    };
    const waiting = check.run(this.#schemas, [step.value]);
    return waiting === undefined ? settle() : waiting.then(settle);
  };
}

function ignore(): void {}
