/** Wakes all that waits for a change. */
export class News {
  #promise: Promise<void> | undefined;
  #resolve = (): void => {};

  /** Resolves with the next {@link News.tell}. Never rejects. */
  next(): Promise<void> {
    this.#promise ??= new Promise((resolve) => {
      this.#resolve = resolve;
    });
    return this.#promise;
  }

  tell(): void {
    this.#promise = undefined;
    this.#resolve();
  }
}
