import type { RpcCode, RpcError } from '../errors.js';
import { type Iteration, OneConsumer } from '../stream/one-consumer.js';
import { AsyncDisposable } from './async-disposal.js';
import type { StreamedResult } from './streamed-result.js';

/**
 * Results of a call as a stream, for one reader: an async iterator that can be iterated once. `next()` rejects once, with an
 * `RpcError` whose `delivered` says how many items were read, and then reports the end. `await using` ends the stream with its scope,
 * on platforms that have `Symbol.asyncDispose`. A second consumer throws `ERR_RPC_INVALID_ARGUMENT`: `for await`, `toWeb()` or `toReadable()`
 * on a stream that one of these has taken. Calls of `next()` may come before.
 */
export class StreamReader<Item, Returned> extends AsyncDisposable implements AsyncIterable<Item> {
  readonly #result: StreamedResult;
  /** The loop, or the stream made of this one, that reads the items. */
  protected readonly consumer = new OneConsumer();

  constructor(result: StreamedResult) {
    super();
    this.#result = result;
  }

  /** An error of this stream, which names its method, with the number of items that were read. */
  protected error(code: RpcCode, why: string): RpcError {
    return this.#result.error(code, why);
  }

  /** Items that were read so far. */
  get delivered(): number {
    return this.#result.delivered;
  }

  /** Reads the next item. The last value, with `done: true`, is what the remote generator returned. */
  next(): Promise<IteratorResult<Item, Returned>> {
    return this.#result.next() as Promise<IteratorResult<Item, Returned>>;
  }

  /**
   * Ends the stream before its end, as `break` within `for await` does. Resolves at once: the server is notified, and the remote
   * generator runs its `finally` there.
   */
  return(value?: Returned | PromiseLike<Returned>): Promise<IteratorResult<Item, Returned>> {
    this.#result.stop();
    return Promise.resolve(value).then((returned) => ({ done: true, value: returned as Returned }));
  }

  /** Ends the stream as {@link StreamReader.return} does, and rejects with the error. */
  throw(error: unknown): Promise<IteratorResult<Item, Returned>> {
    this.#result.stop();
    return Promise.reject(error);
  }

  /** The iterator of one loop: see {@link StreamReader}. */
  [Symbol.asyncIterator](): Iteration<Item, Returned> {
    return this.consumer.iterate(this);
  }

  /** Returns the items as a ReadableStream of the web. Items are read when the ReadableStream is. */
  toWeb(): ReadableStream<Item> {
    this.consumer.take('toWeb()');
    const pull = async (controller: ReadableStreamDefaultController<Item>): Promise<void> => {
      const { done, value } = await this.next();
      if (done === true) controller.close();
      else controller.enqueue(value);
    };
    return new ReadableStream<Item>({ pull, cancel: () => this.#result.stop() }, { highWaterMark: 0 });
  }
}
