import { allocBytes, copyBytes, type RawBytes, scratchBytes } from '../raw-bytes.js';

/** Buffers that the process keeps at most. */
const MAX_SPARES = 8;
/** Smallest buffer that is kept: smaller ones may be pieces of Node's pool. */
const MIN_SPARE_BYTES = 4096;
/** Largest buffer that is kept. */
const MAX_SPARE_BYTES = 256 * 1024;

const spares: RawBytes[] = [];

/**
 * A buffer of at least so many bytes, and at most twice as many: one that was given back, where there is one. Large frames arrive in
 * pieces; with a new buffer for each, V8 collects the whole heap every few megabytes, since buffers count as external memory.
 */
export function takeSpare(bytes: number): RawBytes {
  return findSpare(bytes) ?? allocBytes(bytes);
}

/** Such a buffer, where one was given back. */
export function findSpare(bytes: number): RawBytes | undefined {
  for (let at = spares.length - 1; at >= 0; at--) {
    const { length } = spares[at] as RawBytes;
    if (length >= bytes && length <= bytes * 2) return spares.splice(at, 1)[0];
  }
  return undefined;
}

/** Copies `bytes[start … end)` to the start of a buffer that is used for a while, and then given back. */
export function keepCopy(bytes: RawBytes, start: number, end: number): RawBytes {
  const length = end - start;
  const kept = length < MIN_SPARE_BYTES ? scratchBytes(length) : takeSpare(length);
  copyBytes(bytes, start, end, kept, 0);
  return kept;
}

/** Gives back a buffer that nothing uses any more. */
export function giveSpare(bytes: RawBytes): void {
  if (bytes.length < MIN_SPARE_BYTES || bytes.length > MAX_SPARE_BYTES) return;
  if (spares.length === MAX_SPARES) spares.shift();
  spares.push(bytes);
}
