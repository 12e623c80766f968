import type { Delivery, RpcError } from '../errors.js';
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
  answered(head: Head, frame: FrameView, codec: Codec): void;
  /** The connection ended for this reason before the answer came. */
  lost(reason: RpcError, delivery: Delivery): void;
  /** The deadline passed. */
  expire(): void;
}

/**
 * Requests sent and not yet answered, by request id: the one table of a connection, for calls and heartbeats alike.
 *
 * Invariant: an entry is taken off before it is settled, so that a callback which calls back into the connection
 * never meets itself, and nothing settles twice.
 */
export class PendingCalls {
  readonly #entries = new Map<number, SentRequest>();
  readonly #timer = new DeadlineTimer((now) => this.#expire(now));
  #lastId = 0;
  #onIdle: (() => void) | undefined;

  get size(): number {
    return this.#entries.size;
  }

  /** The id for the next request: counts from 1, wraps before 2^30, and passes over ids that still wait. */
  nextId(): number {
    let id = this.#lastId;
    do id = id + 1 < MAX_REQUEST_ID ? id + 1 : 1;
    while (this.#entries.has(id));
    this.#lastId = id;
    return id;
  }

  add(entry: SentRequest): number {
    const id = this.nextId();
    this.#entries.set(id, entry);
    this.#timer.note(entry.deadline);
    return id;
  }

  /** Undefined when the id is not known: the answer came after its deadline, or twice, or was never asked for. */
  take(id: number): SentRequest | undefined {
    const entry = this.#entries.get(id);
    if (entry === undefined) return undefined;
    this.#entries.delete(id);
    if (this.#onIdle !== undefined) this.#checkIdle();
    return entry;
  }

  /** Calls back once, when nothing waits any more: not before the last entry was settled. */
  whenIdle(onIdle: () => void): void {
    this.#onIdle = onIdle;
    this.#checkIdle();
  }

  #checkIdle(): void {
    if (this.#entries.size > 0 || this.#onIdle === undefined) return;
    process.nextTick(this.#onIdle);
    this.#onIdle = undefined;
  }

  /**
   * The connection ended: every entry learns it, in the order of sending, and how far it got. Frames up to
   * `handedFrames` were given to the socket.
   */
  loseAll(reason: RpcError, handedFrames: number): void {
    const entries = [...this.#entries.values()];
    this.#entries.clear();
    this.#timer.stop();
    for (const entry of entries) entry.lost(reason, entry.frameNumber > handedFrames ? 'not-sent' : 'unknown');
  }

  #expire(now: number): number {
    let earliest = Number.POSITIVE_INFINITY;
    const due: SentRequest[] = [];
    for (const [id, entry] of this.#entries) {
      if (entry.deadline <= now) {
        this.#entries.delete(id);
        due.push(entry);
      } else if (entry.deadline < earliest) {
        earliest = entry.deadline;
      }
    }
    for (const entry of due) entry.expire();
    this.#checkIdle();
    return earliest;
  }
}
