/** Growth of the heap that the machine itself may have caused: code that was compiled, tables that were made larger. Unit: bytes */
const NOISE = 1024 * 1024;
/** Growth for each stream from which on something is kept: the smallest object in a table is larger. Unit: bytes */
const KEPT = 16;

export interface Growth {
  readonly bytes: number;
  readonly perStream: number;
  readonly isLeak: boolean;
}

/**
 * How much the heap has grown between the second fifth and the last fifth of a run of so many streams. The first fifth warms up.
 * The smallest size of each part counts, since what a collection leaves behind is no leak.
 */
export function growth(heap: readonly number[], streams: number): Growth {
  const fifth = Math.max(1, Math.floor(heap.length / 5));
  const early = Math.min(...heap.slice(fifth, 2 * fifth));
  const late = Math.min(...heap.slice(-fifth));
  const bytes = late - early;
  const between = (streams * 3) / 5;
  return { bytes, perStream: bytes / between, isLeak: bytes > NOISE + KEPT * between };
}
