import type { RelayedCall } from './relayed-call.js';

/** Number of slots at first, and again after a burst. Numbers of slots are powers of two. */
const MIN_SLOTS = 64;
/** Largest table that is kept while idle. */
const KEPT_SLOTS = 4_096;

/**
 * Relayed calls of one Follower by the ids of their requests. The low bits of an id name the slot of its call: a Follower counts its requests, so that
 * ids in flight have slots of their own, and a Map holds those of a Follower that does otherwise. A Map for all calls would cost more than it seems;
 * see {@link PendingCalls}.
 */
export class RelayedCallTable {
  #slots: (RelayedCall | undefined)[] = new Array(MIN_SLOTS).fill(undefined);
  /** Id of the call in the slot. Without meaning while the slot is empty. */
  #ids = new Uint32Array(MIN_SLOTS);
  #inSlots = 0;
  /** Calls whose slot was taken. */
  readonly #others = new Map<number, RelayedCall>();

  get size(): number {
    return this.#inSlots + this.#others.size;
  }

  /** Number of slots, for calls whose ids have low bits of their own. */
  get slots(): number {
    return this.#slots.length;
  }

  /** Takes a call, in place of an earlier call with the same id. */
  add(id: number, call: RelayedCall): void {
    // The table is at most half full, so that calls that wait long seldom meet later ones.
    if (this.#inSlots * 2 >= this.#slots.length) this.#resize(this.#slots.length * 2);
    const slot = id & (this.#slots.length - 1);
    const isFree = this.#slots[slot] === undefined;
    if (!isFree && this.#ids[slot] !== id) return void this.#others.set(id, call);
    if (isFree) this.#inSlots += 1;
    this.#slots[slot] = call;
    this.#ids[slot] = id;
    if (this.#others.size > 0) this.#others.delete(id);
  }

  get(id: number): RelayedCall | undefined {
    const slot = id & (this.#slots.length - 1);
    const call = this.#slots[slot];
    return call !== undefined && this.#ids[slot] === id ? call : this.#others.get(id);
  }

  /** An id without a call is no error. */
  delete(id: number): void {
    const slot = id & (this.#slots.length - 1);
    if (this.#slots[slot] === undefined || this.#ids[slot] !== id) {
      if (this.#others.size > 0) this.#others.delete(id);
      return;
    }
    this.#slots[slot] = undefined;
    this.#inSlots -= 1;
    if (this.#inSlots === 0 && this.#slots.length > KEPT_SLOTS) this.#resize(MIN_SLOTS);
  }

  /** Moves to another number of slots. Ids in different slots stay apart in a larger table, which uses more of their bits. */
  #resize(length: number): void {
    const [slots, ids] = [this.#slots, this.#ids];
    this.#slots = new Array(length).fill(undefined);
    this.#ids = new Uint32Array(length);
    for (const [slot, call] of slots.entries()) {
      if (call === undefined) continue;
      const id = ids[slot] as number;
      this.#slots[id & (length - 1)] = call;
      this.#ids[id & (length - 1)] = id;
    }
  }
}
