import { RpcCode, RpcError } from '../errors.js';

/** The parts of a stream that a loop over the stream uses. */
interface Steps<Item, Returned> {
  next(): Promise<IteratorResult<Item, Returned>>;
  return(value?: Returned | PromiseLike<Returned>): Promise<IteratorResult<Item, Returned>>;
  throw(error: unknown): Promise<IteratorResult<Item, Returned>>;
}

/**
 * The one consumer of a stream: a loop, or another stream that is made of this one. Two consumers would share the items out between
 * them, and neither would notice. Single calls of `next()` are no consumer: they may come before a loop.
 */
export class OneConsumer {
  #first: string | undefined;

  /** Notes a consumer: `toWeb()`, for example. Throws {@link RpcCode.InvalidArgument} where the stream has one already. */
  take(consumer: string): void {
    if (this.#first !== undefined) {
      const why = `${consumer} of a stream that ${this.#first} has taken already: a stream has one reader`;
      throw new RpcError(RpcCode.InvalidArgument, why);
    }
    this.#first = consumer;
  }

  /** Notes a loop, and returns its iterator. Another loop may go on with the same iterator. Throws as {@link OneConsumer.take} does. */
  iterate<Item, Returned>(steps: Steps<Item, Returned>): Iteration<Item, Returned> {
    this.take('for await');
    return new Iteration(steps);
  }
}

/** Iterator of the loop that reads a stream. */
export class Iteration<Item, Returned> implements AsyncIterator<Item, Returned>, AsyncIterable<Item> {
  readonly #steps: Steps<Item, Returned>;

  constructor(steps: Steps<Item, Returned>) {
    this.#steps = steps;
  }

  next(): Promise<IteratorResult<Item, Returned>> {
    return this.#steps.next();
  }

  return(value?: Returned | PromiseLike<Returned>): Promise<IteratorResult<Item, Returned>> {
    return this.#steps.return(value);
  }

  throw(error: unknown): Promise<IteratorResult<Item, Returned>> {
    return this.#steps.throw(error);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
