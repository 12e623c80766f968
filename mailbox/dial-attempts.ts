import type { RpcError } from '../lib/errors.js';
import { performance } from '../lib/timers.js';

/** Attempts to connect since the last success. */
export interface ConnectAttempts {
  /** Number of attempts: those that are over, and the one in progress. */
  readonly count: number;
  /** Time since the first of the attempts began. Unit: ms. */
  readonly forMs: number;
  /** True while the server has accepted the connection of the attempt in progress, and has not answered the registration. */
  readonly isAccepted: boolean;
}

/** Counts a mailbox's attempts to connect. */
export class DialAttempts {
  #count = 0;
  #firstAt = 0;
  #lastFailure: RpcError | undefined;
  #isAccepted = false;

  /** Failure of the last attempt that is over; undefined after a success. */
  get lastFailure(): RpcError | undefined {
    return this.#lastFailure;
  }

  get made(): ConnectAttempts {
    const forMs = this.#count === 0 ? 0 : Math.round(performance.now() - this.#firstAt);
    return { count: this.#count, forMs, isAccepted: this.#isAccepted };
  }

  begin(): void {
    this.#isAccepted = false;
    if (this.#count === 0) this.#firstAt = performance.now();
    this.#count += 1;
  }

  accepted(): void {
    this.#isAccepted = true;
  }

  failed(reason: RpcError): void {
    this.#isAccepted = false;
    this.#lastFailure = reason;
  }

  succeeded(): void {
    this.#isAccepted = false;
    this.#count = 0;
    this.#lastFailure = undefined;
  }
}
