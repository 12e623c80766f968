/**
 * Promise of a call that its caller may leave alone, as callers of pomelo-rpc do. Where nobody has used the promise until it
 * rejects, the failure is reported and is no unhandled rejection. A caller that awaits the promise, or calls `then`, `catch`
 * or `finally`, gets the failure as with any other promise.
 */
export class UnusedPromise<T> extends Promise<T> {
  #isUsed = false;

  /** Promises made from this one, by `then` and the like, are ordinary ones. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  static of<T, E>(promise: Promise<T>, onUnusedFailure: (error: E) => void): Promise<T> {
    const unused = new UnusedPromise<T>((resolve) => resolve(promise));
    // Attached by the method of Promise itself, since this use is not the caller's.
    Promise.prototype.then.call(unused, undefined, (error: E) => {
      if (!unused.#isUsed) onUnusedFailure(error);
    });
    return unused;
  }

  // biome-ignore lint/suspicious/noThenProperty: a promise's own method
  override then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#isUsed = true;
    return super.then(onFulfilled, onRejected);
  }
}
