import { allocBytes, type RawBytes } from '../raw-bytes.js';

/** Buffers that the process keeps at most. */
const MAX_SPARES = 8;
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

/** Gives back a buffer that nothing uses any more. */
export function giveSpare(bytes: RawBytes): void {
  if (bytes.length > MAX_SPARE_BYTES) return;
  if (spares.length === MAX_SPARES) spares.shift();
  spares.push(bytes);
}
