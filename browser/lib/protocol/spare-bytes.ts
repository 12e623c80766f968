import type { RawBytes } from '../raw-bytes.js';

export function keepCopy(bytes: RawBytes, start: number, end: number): RawBytes {
  return bytes.slice(start, end);
}

/** A page keeps no buffers for later. */
export function giveSpare(_bytes: RawBytes): void {}
