import type { StreamReceiver } from '../stream/stream-receiver.js';

/** The items that a caller sends, as the method reads them: an async iterator for one reader. */
export class UploadReader implements AsyncIterableIterator<unknown> {
  readonly #receiver: StreamReceiver;

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

  [Symbol.asyncIterator](): this {
    return this;
  }
}
