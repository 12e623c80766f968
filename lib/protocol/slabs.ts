import { outsideContexts } from '../async-context.js';
import { allocBytes, type RawBytes } from '../raw-bytes.js';
import { clearInterval, setInterval } from '../timers.js';
import { giveSpare, takeSpare } from './spare-bytes.js';

/** Memory into which frames are encoded. */
export interface Slab {
  readonly bytes: RawBytes;
  /** View of `bytes`. */
  readonly view: DataView;
}

/** Size of the slabs that are lent for small frames, enough for about 400 small calls. Larger slabs measured no faster. */
export const SLAB_BYTES = 64 * 1024;

/** Free slabs that are kept however little is sent. */
const KEPT = 4;
/** Time between two looks at how many free slabs were of no use. Unit: ms */
const TRIM_MS = 1_000;

function slabOf(bytes: RawBytes): Slab {
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length) };
}

/**
 * Slabs of {@link SLAB_BYTES} that all connections of the process share. A connection borrows one for the frames of a tick, and gives the slab
 * back when the system has taken them, so that an idle connection holds none: of its own, each connection had 64 KiB at both ends.
 *
 * As many slabs are kept as were in use at the same time within the last second. The memory of larger slabs comes from spare-bytes.ts, and
 * goes back there.
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

  /** Lends a slab of so many bytes at least. Slabs below {@link SLAB_BYTES} are new ones, and are not kept. */
  borrow(bytes = SLAB_BYTES): Slab {
    if (bytes < SLAB_BYTES) return slabOf(allocBytes(bytes));
    // In whole steps, so that frames of about one size can use each other's slabs.
    if (bytes > SLAB_BYTES) return slabOf(takeSpare(Math.ceil(bytes / SLAB_BYTES) * SLAB_BYTES));
    const slab = this.#free.pop();
    if (slab === undefined) return slabOf(allocBytes(SLAB_BYTES));
    if (this.#free.length < this.#unused) this.#unused = this.#free.length;
    return slab;
  }

  /** Takes a slab that nothing reads or writes any more. */
  giveBack(slab: Slab): void {
    const { length } = slab.bytes;
    if (length > SLAB_BYTES) giveSpare(slab.bytes);
    if (length !== SLAB_BYTES) return;
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
