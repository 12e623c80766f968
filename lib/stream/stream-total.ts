/** Waits for room among the bytes of all streams. */
export interface RoomWaiter {
  /** Called when there is room again, once for each {@link StreamTotal.wait}. */
  onRoom(): void;
}

/** A consumer's end of a stream, which gives its producer credit. */
export interface Creditor {
  /** Called when half of the room for all streams has been used up: a consumer that waits gives credit for what it has taken. */
  onScarce(): void;
}

/** Bytes of all streams of a connection in one direction that were sent and are not taken yet. */
export class StreamTotal {
  readonly #limit: number;
  readonly #waiting = new Set<RoomWaiter>();
  readonly #creditors = new Set<Creditor>();
  #bytes = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get isFull(): boolean {
    return this.#bytes >= this.#limit;
  }

  /** Half of the room is used: a consumer must not wait with its credit until half of its own window is taken. */
  get isScarce(): boolean {
    return this.#bytes >= this.#limit / 2;
  }

  add(bytes: number): void {
    const wasScarce = this.isScarce;
    this.#bytes += bytes;
    if (wasScarce || !this.isScarce) return;
    for (const creditor of [...this.#creditors]) creditor.onScarce();
  }

  /** The stream is open: no further item may make its consumer give credit for those that were taken. */
  join(creditor: Creditor): void {
    this.#creditors.add(creditor);
  }

  /** The stream is over. */
  leave(creditor: Creditor): void {
    this.#creditors.delete(creditor);
  }

  /** Bytes were taken, or belong to a stream that is over. Notifies those that wait, in their order, while there is room. */
  release(bytes: number): void {
    this.#bytes -= bytes;
    for (const waiter of this.#waiting) {
      if (this.isFull) return;
      this.#waiting.delete(waiter);
      waiter.onRoom();
    }
  }

  wait(waiter: RoomWaiter): void {
    this.#waiting.add(waiter);
  }

  forget(waiter: RoomWaiter): void {
    this.#waiting.delete(waiter);
  }
}
