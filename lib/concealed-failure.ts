/**
 * Failure of a server whose reason is no concern of the caller: the caller gets the message of this error, and the log and
 * the listeners of the server get the error inside.
 */
export class ConcealedFailure extends Error {
  /** Private, so that no codec and no acceptor finds the error. */
  readonly #inside: Error;

  constructor(message: string, inside: Error) {
    super(message);
    this.#inside = inside;
  }

  /** The error for the server. */
  static inside(error: Error): Error {
    return error instanceof ConcealedFailure ? error.#inside : error;
  }
}

// On the prototype, as the built-in errors have the name: callers get an ordinary Error.
Object.defineProperty(ConcealedFailure.prototype, 'name', { value: 'Error', configurable: true, writable: true });
