import { RpcCode, RpcError } from '../errors.js';
import { eventLoop } from '../event-loop.js';
import { MAX_REQUEST_ID } from '../protocol/packet.js';
import { performance } from '../timers.js';
import { DeadlineTimer } from '../transport/deadline-timer.js';

/** Number of places at first. Numbers of places are powers of two. */
const MIN_PLACES = 16;
/** Largest number of places that is kept while no value waits. */
const KEPT_PLACES = 4096;

/**
 * Values that were sent to one subscriber and are not acknowledged, in the order of sending. An acknowledgement covers all values
 * before its own: the subscriber reads them in that order.
 *
 * The values lie in a ring of arrays of numbers, so that a value which is acknowledged in time makes no garbage.
 */
export class SentValues {
  readonly #onLate: (key: string, error: RpcError) => void;
  readonly #timer = new DeadlineTimer((now) => this.#expire(now), { givesTime: true });
  #ids = new Uint32Array(0);
  /** On the clock of `performance.now()`. Unit: ms */
  #deadlines = new Float64Array(0);
  #timeouts = new Uint32Array(0);
  #keys: string[] = [];
  /** Place of the oldest value. */
  #first = 0;
  #size = 0;

  /** `onLate` is called once for each value that is not acknowledged in time. */
  constructor(onLate: (key: string, error: RpcError) => void) {
    this.#onLate = onLate;
  }

  /** Number of values that are not acknowledged. */
  get size(): number {
    return this.#size;
  }

  /** Adds the value that was sent last. `id` is that of its packet; ids count up, and wrap below {@link MAX_REQUEST_ID}. */
  add(id: number, key: string, timeoutMs: number): void {
    if (this.#size === this.#ids.length) this.#resize(Math.max(MIN_PLACES, this.#size * 2));
    const place = this.#placeOf(this.#size);
    const deadline = performance.now() + timeoutMs;
    this.#ids[place] = id;
    this.#deadlines[place] = deadline;
    this.#timeouts[place] = timeoutMs;
    this.#keys[place] = key;
    this.#size += 1;
    if (this.#size === 1) eventLoop.enter();
    this.#timer.note(deadline);
  }

  /** Drops the values up to the one with this id. An id of none of them changes nothing. */
  acknowledge(id: number): void {
    if (this.#size === 0) return;
    const oldest = this.#idOf(0);
    const reach = distance(oldest, id);
    if (reach > distance(oldest, this.#idOf(this.#size - 1))) return;
    do this.#drop();
    while (this.#size > 0 && distance(oldest, this.#idOf(0)) <= reach);
    this.#dropped();
  }

  /** Forgets all values: the connection has ended. */
  clear(): void {
    this.#timer.stop();
    if (this.#size === 0) return;
    this.#size = 0;
    this.#dropped();
  }

  #placeOf(index: number): number {
    return (this.#first + index) & (this.#ids.length - 1);
  }

  #idOf(index: number): number {
    return this.#ids[this.#placeOf(index)] as number;
  }

  #drop(): void {
    this.#first = this.#placeOf(1);
    this.#size -= 1;
  }

  /** Called when values have been dropped. */
  #dropped(): void {
    if (this.#size > 0) return;
    eventLoop.leave();
    if (this.#ids.length > KEPT_PLACES) this.#resize(MIN_PLACES);
  }

  /** Moves to another number of places, which all values fit in. */
  #resize(length: number): void {
    const places = Array.from({ length: this.#size }, (_, index) => this.#placeOf(index));
    const ids = new Uint32Array(length);
    const deadlines = new Float64Array(length);
    const timeouts = new Uint32Array(length);
    const keys = new Array<string>(length).fill('');
    for (const [to, from] of places.entries()) {
      ids[to] = this.#ids[from] as number;
      deadlines[to] = this.#deadlines[from] as number;
      timeouts[to] = this.#timeouts[from] as number;
      keys[to] = this.#keys[from] as string;
    }
    this.#ids = ids;
    this.#deadlines = deadlines;
    this.#timeouts = timeouts;
    this.#keys = keys;
    this.#first = 0;
  }

  /** Values have the deadlines of their order: one channel has one timeout. */
  #expire(now: number): number {
    const late: [key: string, timeoutMs: number][] = [];
    while (this.#size > 0 && (this.#deadlines[this.#first] as number) <= now) {
      late.push([this.#keys[this.#first] as string, this.#timeouts[this.#first] as number]);
      this.#drop();
    }
    if (late.length > 0) this.#dropped();
    for (const [key, timeoutMs] of late)
      this.#onLate(key, new RpcError(RpcCode.Timeout, `no answer to a subscribed value in ${timeoutMs} ms`));
    return this.#size === 0 ? Number.POSITIVE_INFINITY : (this.#deadlines[this.#first] as number);
  }
}

/** Number of steps from one id up to another. */
function distance(from: number, to: number): number {
  return to >= from ? to - from : to - from + MAX_REQUEST_ID;
}
