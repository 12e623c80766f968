import { type Iteration, OneConsumer } from '../stream/one-consumer.js';
import type { StreamReceiver } from '../stream/stream-receiver.js';

/** The items that a caller sends, as the method reads them: an async iterator for one reader. */
export class UploadReader implements AsyncIterableIterator<unknown> {
  readonly #receiver: StreamReceiver;
  readonly #consumer = new OneConsumer();

  constructor(receiver: StreamReceiver) {
    this.#receiver = receiver;
  }

  next(): Promise<IteratorResult<unknown, undefined>> {
    return this.#receiver.next() as Promise<IteratorResult<unknown, undefined>>;
  }

  /** The method wants no more items. Resolves at once: the caller is notified. */
  return(): Promise<IteratorResult<unknown, undefined>> {
    this.#receiver.stop();
    return Promise.resolve({ done: true, value: undefined });
  }

  /** Ends the stream as {@link UploadReader.return} does, and rejects with the error. */
  throw(error: unknown): Promise<IteratorResult<unknown, undefined>> {
    this.#receiver.stop();
    return Promise.reject(error);
  }

  /** The iterator of one loop. Throws `ERR_RPC_INVALID_ARGUMENT` where a loop has taken the items already. */
  [Symbol.asyncIterator](): Iteration<unknown, undefined> {
    return this.#consumer.iterate(this);
  }
}
