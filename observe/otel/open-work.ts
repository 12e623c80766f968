/**
 * Work that has begun and not ended, by its message. Weak: a message whose end never comes is not kept. The count tells when all that was begun has
 * ended.
 */
export class OpenWork<Message extends object, Begun> {
  readonly #begun = new WeakMap<Message, Begun>();
  #count = 0;

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  begin(message: Message, begun: Begun): void {
    this.#begun.set(message, begun);
    this.#count += 1;
  }

  find(message: Message): Begun | undefined {
    return this.#begun.get(message);
  }

  /** Undefined for work whose start was not seen. */
  end(message: Message): Begun | undefined {
    const begun = this.#begun.get(message);
    if (begun === undefined) return undefined;
    this.#begun.delete(message);
    this.#count -= 1;
    return begun;
  }
}
