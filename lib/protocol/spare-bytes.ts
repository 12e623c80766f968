import { outsideContexts } from '../async-context.js';
import { allocBytes, copyBytes, type RawBytes, scratchBytes } from '../raw-bytes.js';
import { clearInterval, setInterval } from '../timers.js';

/** Smallest buffer that is kept: smaller ones may be pieces of Node's pool. */
const MIN_SPARE_BYTES = 4096;
/** Largest buffer that is kept, enough for a frame of the default limit. */
const MAX_SPARE_BYTES = 5 * 1024 * 1024;
/** Bounds for all buffers that the process keeps. */
const MAX_SPARES = 16;
const MAX_KEPT_BYTES = 16 * 1024 * 1024;
/** Time between two looks at which buffers were of no use. Unit: ms */
const TRIM_MS = 1_000;
interface Spare {
  readonly bytes: RawBytes;
  /** Number of the look before which the buffer was given back. */
  readonly look: number;
}

/** The one that was given back first is the first. */
const spares: Spare[] = [];
let keptBytes = 0;
let look = 0;
let timer: NodeJS.Timeout | undefined;

/**
 * A buffer of at least so many bytes, and at most twice as many: one that was given back, where there is one. With a new buffer for each
 * large frame, V8 collects the whole heap every few megabytes, since buffers count as external memory, and the system clears each page
 * of a buffer that is written for the first time.
 */
export function takeSpare(bytes: number): RawBytes {
  return findSpare(bytes) ?? allocBytes(bytes);
}

/** Such a buffer, where one was given back. */
export function findSpare(bytes: number): RawBytes | undefined {
  for (let at = spares.length - 1; at >= 0; at--) {
    const { length } = (spares[at] as Spare).bytes;
    if (length < bytes || length > bytes * 2) continue;
    keptBytes -= length;
    return spares.splice(at, 1)[0]?.bytes;
  }
  return undefined;
}

/** Bytes of the buffers that were given back and are free. */
export function spareBytes(): number {
  return keptBytes;
}

/** Copies `bytes[start … end)` to the start of a buffer that is used for a while, and then given back. */
export function keepCopy(bytes: RawBytes, start: number, end: number): RawBytes {
  const length = end - start;
  const kept = length < MIN_SPARE_BYTES ? scratchBytes(length) : takeSpare(length);
  copyBytes(bytes, start, end, kept, 0);
  return kept;
}

/** Gives back a buffer that nothing uses any more. A buffer that is not taken for a second or two is let go. */
export function giveSpare(bytes: RawBytes): void {
  const { length } = bytes;
  if (length < MIN_SPARE_BYTES || length > MAX_SPARE_BYTES) return;
  spares.push({ bytes, look });
  keptBytes += length;
  while (spares.length > MAX_SPARES || keptBytes > MAX_KEPT_BYTES) dropOldest();
  timer ??= outsideContexts(() => setInterval(trim, TRIM_MS).unref());
}

function dropOldest(): void {
  keptBytes -= (spares.shift() as Spare).bytes.length;
}

/** Lets go of the buffers that have lain here since before the last look. */
function trim(): void {
  while (spares.length > 0 && (spares[0] as Spare).look < look) dropOldest();
  look += 1;
  if (spares.length > 0) return;
  clearInterval(timer);
  timer = undefined;
}
