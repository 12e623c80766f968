import type { RpcError } from '../lib/errors.js';

/** The attempts to connect that have been made since there was a connection. */
export interface ConnectAttempts {
  /** Those that are over, and the one that goes on. */
  readonly count: number;
  /** Since the first of them began, ms. */
  readonly forMs: number;
}

/** Counts a mailbox's attempts to connect. */
export class DialAttempts {
  #count = 0;
  #firstAt = 0;
  #lastFailure: RpcError | undefined;

  /** Why the last one that is over failed. */
  get lastFailure(): RpcError | undefined {
    return this.#lastFailure;
  }

  get made(): ConnectAttempts {
    const forMs = this.#count === 0 ? 0 : Math.round(performance.now() - this.#firstAt);
    return { count: this.#count, forMs };
  }

  begin(): void {
    if (this.#count === 0) this.#firstAt = performance.now();
    this.#count += 1;
  }

  failed(reason: RpcError): void {
    this.#lastFailure = reason;
  }

  succeeded(): void {
    this.#count = 0;
    this.#lastFailure = undefined;
  }
}
