import type { Delivery, RpcError } from '../errors.js';
import { eventLoop } from '../event-loop.js';
import type { Codec } from '../protocol/codec.js';
import type { Head } from '../protocol/message.js';
import { type FrameView, MAX_REQUEST_ID } from '../protocol/packet.js';
import { DeadlineTimer } from './deadline-timer.js';

/** A request that was sent and waits for its answer. It is taken off the table before any of its three ends. */
export interface SentRequest {
  /** When it gives up: ms on the clock of `performance.now()`. */
  readonly deadline: number;
  /** The number of its frame on its connection. */
  readonly frameNumber: number;
  /** When it was sent, ms on the same clock; undefined where its latency says nothing about the server. */
  readonly sentAt: number | undefined;
  /** A call, and no request of the connection's own: the peer works on it until it is told that nobody waits. */
  readonly isCall?: boolean;
  answered(head: Head, frame: FrameView, codec: Codec): void;
  /** The connection ended for this reason before the answer came. */
  lost(reason: RpcError, delivery: Delivery): void;
  /** The deadline passed. `isReported`: the peer tells of calls that run late, see {@link ProgressReport}. */
  expire(isReported: boolean): void;
  /** The peer tells that it is still at it, shortly before the deadline. */
  reported?(report: ProgressReport): void;
}

/** What a server says of a call that is about to run out of time. */
export interface ProgressReport {
  /** ms since it received the call. */
  readonly heldMs: number;
  /** The method was called; false: it waits for its turn. */
  readonly isRunning: boolean;
  /** The longest that its event loop was kept in that time, ms. */
  readonly stallMs: number;
}

/** Slots at first, and again once a burst is over. A power of two, as all their numbers are. */
const MIN_SLOTS = 256;
/** An idle table larger than this shrinks. */
const KEPT_SLOTS = 4096;

/**
 * Requests sent and not yet answered, by request id: the one table of a connection, for calls and heartbeats alike.
 *
 * An id's entry is in the slot that its low bits name. A Map would do the same with less to read, but costs more than
 * it looks: it moves to a new table every few dozen ids, V8 links the old one to the new, and once one of them has
 * been promoted to the old generation, all that follow are, with the calls in them. Measured at 64 in flight: 1.4
 * against 2.3 us of the client's CPU a call, the difference being garbage collection.
 *
 * Invariant: an entry is taken off before it is settled, so that a callback which calls back into the connection
 * never meets itself, and nothing settles twice.
 */
export class PendingCalls {
  #slots: (SentRequest | undefined)[] = new Array(MIN_SLOTS).fill(undefined);
  /** The id whose entry is in the slot. Says nothing while the slot is empty. */
  #ids = new Uint32Array(MIN_SLOTS);
  #size = 0;
  readonly #timer: DeadlineTimer;
  readonly #idLimit: number;
  readonly #holdsProcess: boolean;
  readonly #onExpired: (calls: readonly number[]) => void;
  #lastId = 0;
  #onIdle: (() => void) | undefined;
  /** The peer tells of calls that run late. */
  isReported = false;

  /**
   * Ids stay below `idLimit`. With `holdsProcess` the process stays alive while something waits: for who has no
   * socket that sees to it. `onExpired` is called when some have expired, after they were told, with the ids of those
   * that were calls.
   */
  constructor({
    idLimit = MAX_REQUEST_ID,
    holdsProcess = false,
    onExpired = ((_calls) => {}) as (calls: readonly number[]) => void,
  } = {}) {
    this.#idLimit = idLimit;
    this.#onExpired = onExpired;
    this.#holdsProcess = holdsProcess;
    this.#timer = new DeadlineTimer((now) => this.#expire(now), holdsProcess);
  }

  get size(): number {
    return this.#size;
  }

  /** The id for the next request: counts from 1, wraps before 2^30, and passes over those whose slot is taken. */
  nextId(): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let id = this.#lastId;
    do id = id + 1 < this.#idLimit ? id + 1 : 1;
    while (slots[id & mask] !== undefined);
    this.#lastId = id;
    return id;
  }

  add(entry: SentRequest): number {
    // At most half full, so that a free slot is near.
    if (this.#size * 2 >= this.#slots.length) this.#resize(this.#slots.length * 2);
    const id = this.nextId();
    const slot = id & (this.#slots.length - 1);
    this.#slots[slot] = entry;
    this.#ids[slot] = id;
    if (this.#size === 0) eventLoop.enter();
    this.#size += 1;
    this.#timer.note(entry.deadline);
    return id;
  }

  /** Stays on the table. */
  get(id: number): SentRequest | undefined {
    const slot = id & (this.#slots.length - 1);
    return this.#ids[slot] === id ? this.#slots[slot] : undefined;
  }

  /** Undefined when the id is not known: the answer came after its deadline, or twice, or was never asked for. */
  take(id: number): SentRequest | undefined {
    const slot = id & (this.#slots.length - 1);
    const entry = this.#slots[slot];
    if (entry === undefined || this.#ids[slot] !== id) return undefined;
    this.#slots[slot] = undefined;
    this.#size -= 1;
    if (this.#size === 0) {
      eventLoop.leave();
      this.#emptied();
    }
    return entry;
  }

  /** Calls back once, when nothing waits any more: not before the last entry was settled. */
  whenIdle(onIdle: () => void): void {
    this.#onIdle = onIdle;
    if (this.#size === 0) this.#emptied();
  }

  /**
   * The connection ended: every entry learns it, in the order of sending, and how far it got. Frames up to
   * `handedFrames` were given to the socket.
   */
  loseAll(reason: RpcError, handedFrames: number): void {
    const entries = this.#entries();
    this.#slots.fill(undefined);
    if (this.#size > 0) eventLoop.leave();
    this.#size = 0;
    this.#timer.stop();
    for (const entry of entries) entry.lost(reason, entry.frameNumber > handedFrames ? 'not-sent' : 'unknown');
  }

  /** In the order in which they were added: the id after the last one given is the oldest there can be. */
  #entries(): SentRequest[] {
    const ageOf = (slot: number): number =>
      ((this.#ids[slot] as number) - this.#lastId - 1 + this.#idLimit) % this.#idLimit;
    const slots = [...this.#slots.keys()].filter((slot) => this.#slots[slot] !== undefined);
    return slots.sort((a, b) => ageOf(a) - ageOf(b)).map((slot) => this.#slots[slot] as SentRequest);
  }

  /** Two ids in different slots stay so in a larger table, which looks at more of their bits. */
  #resize(length: number): void {
    const slots: (SentRequest | undefined)[] = new Array(length).fill(undefined);
    const ids = new Uint32Array(length);
    for (const [slot, entry] of this.#slots.entries()) {
      if (entry === undefined) continue;
      const id = this.#ids[slot] as number;
      slots[id & (length - 1)] = entry;
      ids[id & (length - 1)] = id;
    }
    this.#slots = slots;
    this.#ids = ids;
  }

  #emptied(): void {
    if (this.#slots.length > KEPT_SLOTS) this.#resize(MIN_SLOTS);
    if (this.#holdsProcess) this.#timer.stop();
    if (this.#onIdle === undefined) return;
    process.nextTick(this.#onIdle);
    this.#onIdle = undefined;
  }

  #expire(now: number): number {
    let earliest = Number.POSITIVE_INFINITY;
    const due: SentRequest[] = [];
    const calls: number[] = [];
    for (const [slot, entry] of this.#slots.entries()) {
      if (entry === undefined) continue;
      if (entry.deadline <= now) {
        this.#slots[slot] = undefined;
        this.#size -= 1;
        due.push(entry);
        if (entry.isCall) calls.push(this.#ids[slot] as number);
      } else if (entry.deadline < earliest) {
        earliest = entry.deadline;
      }
    }
    if (due.length > 0 && this.#size === 0) eventLoop.leave();
    for (const entry of due) entry.expire(this.isReported);
    if (due.length > 0 && this.#size === 0) this.#emptied();
    if (due.length > 0) this.#onExpired(calls);
    return earliest;
  }
}
