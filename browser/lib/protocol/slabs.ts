import { allocBytes, type RawBytes } from '../raw-bytes.js';

export interface Slab {
  readonly bytes: RawBytes;
  readonly view: DataView;
}

export const SLAB_BYTES = 64 * 1024;

export function makeSlab(bytes: number): Slab {
  const memory = allocBytes(bytes);
  return { bytes: memory, view: new DataView(memory.buffer, memory.byteOffset, bytes) };
}

/** A page has one connection or few: one free slab is kept. */
let free: Slab | undefined;

export const slabs = {
  borrow(): Slab {
    const slab = free ?? makeSlab(SLAB_BYTES);
    free = undefined;
    return slab;
  },

  giveBack(slab: Slab): void {
    free = slab;
  },
};
