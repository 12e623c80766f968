import type { RpcError } from '../lib/errors.js';
import { performance } from '../lib/timers.js';

/** Attempts to connect since the last success. */
export interface ConnectAttempts {
  /** Number of attempts: those that are over, and the one in progress. */
  readonly count: number;
  /** Time since the first of the attempts began. Unit: ms. */
  readonly forMs: number;
}

/** Counts a mailbox's attempts to connect. */
export class DialAttempts {
  #count = 0;
  #firstAt = 0;
  #lastFailure: RpcError | undefined;

  /** Failure of the last attempt that is over; undefined after a success. */
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
