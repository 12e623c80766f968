import { performance } from '../timers.js';

/** A connection that holds bytes of a {@link ByteBudget}. */
export interface BytesHolder {
  readonly peer: string;
  /** Called when the connection has to give its bytes back, for this reason. Must call {@link ByteBudget.set} with 0. */
  evict(why: string): void;
}

interface Share {
  bytes: number;
  /** Time since which the connection holds bytes, on the clock of `performance.now()`. */
  readonly since: number;
}

/**
 * Bound for the bytes that all connections of a port hold together. Over the bound, connections are evicted: first those
 * that hold most for longest, measured in bytes times ms. A peer that reads, or sends the rest of a frame, holds bytes for
 * milliseconds. A peer that does neither holds them for seconds.
 */
export class ByteBudget {
  readonly #limit: number;
  readonly #what: string;
  readonly #option: string;
  readonly #onEvicted: (peer: string, why: string) => void;
  readonly #shares = new Map<BytesHolder, Share>();
  #used = 0;

  /** `what` names the bytes in messages, and `option` the bound. `onEvicted` is called for each eviction, for the log. */
  constructor(limit: number, what: string, option: string, onEvicted: (peer: string, why: string) => void) {
    this.#limit = limit;
    this.#what = what;
    this.#option = option;
    this.#onEvicted = onEvicted;
  }

  /** Bytes that all connections hold. */
  get used(): number {
    return this.#used;
  }

  /** Sets the number of bytes that a connection holds. Evicts connections, possibly this one, while the bound is exceeded. */
  set(holder: BytesHolder, bytes: number): void {
    const share = this.#shares.get(holder);
    this.#used += bytes - (share?.bytes ?? 0);
    if (bytes === 0) this.#shares.delete(holder);
    else if (share === undefined) this.#shares.set(holder, { bytes, since: performance.now() });
    else share.bytes = bytes;
    while (bytes > 0 && this.#used > this.#limit && this.#shares.size > 0) this.#evict();
  }

  #evict(): void {
    const now = performance.now();
    const weight = ({ bytes, since }: Share): number => bytes * (now - since + 1);
    let [worst] = this.#shares;
    for (const entry of this.#shares) if (worst === undefined || weight(entry[1]) > weight(worst[1])) worst = entry;
    if (worst === undefined) return;
    const [holder, { bytes, since }] = worst;
    const all = `${this.#used} bytes of ${this.#what} wait on this port, and ${this.#option} allows ${this.#limit}`;
    const why = `${all}; this connection had ${bytes} of them for ${Math.round(now - since)} ms`;
    this.#onEvicted(holder.peer, why);
    holder.evict(why);
    this.set(holder, 0);
  }
}

/** Bounds of a port for bytes that wait because of its peers. */
export interface PortBytes {
  /** Answers and pushes that peers do not read. */
  readonly unread: ByteBudget;
  /** Frames that have arrived in part, and requests that wait for their peer to read. */
  readonly partial: ByteBudget;
}

export interface PortBytesOptions {
  /** Bytes of answers that may wait to be written, over all connections. */
  readonly maxUnreadBytes: number;
  /** Bytes of requests that may have arrived in part, over all connections. */
  readonly maxPartialBytes: number;
}

export function portBytes(
  { maxUnreadBytes, maxPartialBytes }: PortBytesOptions,
  onEvicted: (peer: string, why: string) => void,
): PortBytes {
  return {
    unread: new ByteBudget(maxUnreadBytes, 'unread answers', 'maxUnreadBytes', onEvicted),
    partial: new ByteBudget(maxPartialBytes, 'unfinished requests', 'maxPartialBytes', onEvicted),
  };
}
