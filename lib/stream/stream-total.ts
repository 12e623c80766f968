/** Waits for room among the bytes of all streams. */
export interface RoomWaiter {
  /** Called when there is room again, once for each {@link StreamTotal.wait}. */
  onRoom(): void;
}

/** Has taken items for which its producer has no credit yet. */
export interface Creditor {
  /** Called when little room is left for all, once for each {@link StreamTotal.creditWhenScarce}. */
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
    this.#bytes += bytes;
    if (this.#creditors.size === 0 || !this.isScarce) return;
    const creditors = [...this.#creditors];
    this.#creditors.clear();
    for (const creditor of creditors) creditor.onScarce();
  }

  /** The consumer waits for an item, so that no further item makes the consumer give credit for those that were taken. */
  creditWhenScarce(creditor: Creditor): void {
    this.#creditors.add(creditor);
  }

  /** The stream is over. */
  dismiss(creditor: Creditor): void {
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
