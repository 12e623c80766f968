/** Waits for room among the bytes of all streams. */
export interface RoomWaiter {
  /** Called when there is room again, once for each {@link StreamTotal.wait}. */
  onRoom(): void;
}

/** Bytes of all streams of a connection in one direction that were sent and are not taken yet. */
export class StreamTotal {
  readonly #limit: number;
  readonly #waiting = new Set<RoomWaiter>();
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

  add(bytes: number): void {
    this.#bytes += bytes;
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
