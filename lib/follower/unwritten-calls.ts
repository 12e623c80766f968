import type { OutgoingCall } from '../call/outgoing-call.js';
import type { Connection } from '../transport/connection.js';
import type { PendingCalls } from '../transport/pending-calls.js';

/**
 * One-way calls whose frames the socket has not taken yet. Such a call settles when it is written, so that a process may
 * end after `await oneway()`; while the peer does not read, the call waits under its deadline as others do.
 */
export class UnwrittenCalls {
  readonly #pending: PendingCalls;
  readonly #connection: Connection;
  #ids: number[] = [];

  constructor(pending: PendingCalls, connection: Connection) {
    this.#pending = pending;
    this.#connection = connection;
  }

  /** Takes a call whose frame was committed. */
  add(id: number, call: OutgoingCall): void {
    this.#ids.push(id);
    // An early flush has written the frame before the call was added.
    if (call.frameNumber <= this.#connection.handedFrames) this.written();
  }

  /** Settles the calls once the socket has taken all frames. */
  written(): void {
    if (this.#ids.length === 0 || this.#connection.isBlocked) return;
    const ids = this.#ids;
    this.#ids = [];
    for (const id of ids) (this.#pending.take(id) as OutgoingCall | undefined)?.succeed([]);
  }
}
