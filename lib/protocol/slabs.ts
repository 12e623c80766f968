import { outsideContexts } from '../async-context.js';
import { allocBytes, type RawBytes } from '../raw-bytes.js';
import { clearInterval, setInterval } from '../timers.js';

/** Memory into which frames are encoded. */
export interface Slab {
  readonly bytes: RawBytes;
  /** View of `bytes`. */
  readonly view: DataView;
}

/** Size of a slab that is lent, enough for about 400 small calls. Larger slabs measured no faster. */
export const SLAB_BYTES = 64 * 1024;

/** Free slabs that are kept however little is sent. */
const KEPT = 4;
/** Time between two looks at how many free slabs were of no use. Unit: ms */
const TRIM_MS = 1_000;

export function makeSlab(bytes: number): Slab {
  const memory = allocBytes(bytes);
  return { bytes: memory, view: new DataView(memory.buffer, memory.byteOffset, bytes) };
}

/**
 * Slabs of {@link SLAB_BYTES} that all connections of the process share. A connection borrows one for the frames of a tick, and gives the slab
 * back when the system has taken them, so that an idle connection holds none: of its own, each connection had 64 KiB at both ends.
 *
 * As many slabs are kept as were in use at the same time within the last second.
 */
export class SlabPool {
  readonly #free: Slab[] = [];
  /** Smallest number of free slabs since the last look: so many were not needed. */
  #unused = 0;
  #timer: NodeJS.Timeout | undefined;

  /** Number of slabs that are kept and not in use. */
  get free(): number {
    return this.#free.length;
  }

  borrow(): Slab {
    const slab = this.#free.pop();
    if (slab === undefined) return makeSlab(SLAB_BYTES);
    if (this.#free.length < this.#unused) this.#unused = this.#free.length;
    return slab;
  }

  /** Takes a slab that nothing reads or writes any more. */
  giveBack(slab: Slab): void {
    this.#free.push(slab);
    if (this.#timer !== undefined || this.#free.length <= KEPT) return;
    this.#unused = this.#free.length;
    this.#timer = outsideContexts(() => setInterval(() => this.#trim(), TRIM_MS).unref());
  }

  #trim(): void {
    const most = Math.max(0, this.#free.length - KEPT);
    this.#free.length -= Math.min(this.#unused, most);
    this.#unused = this.#free.length;
    if (this.#free.length > KEPT) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

export const slabs = new SlabPool();
