import { allocBytes, type RawBytes } from '../raw-bytes.js';

export interface Slab {
  readonly bytes: RawBytes;
  readonly view: DataView;
}

export const SLAB_BYTES = 64 * 1024;

export function makeSlab(bytes: number): Slab {
  const memory = allocBytes(bytes);
  return { bytes: memory, view: new DataView(memory.buffer) };
}

/** As many as were in use at once: a page has one connection or few. */
const free: Slab[] = [];

export const slabs = {
  borrow: (): Slab => free.pop() ?? makeSlab(SLAB_BYTES),
  giveBack: (slab: Slab): void => void free.push(slab),
};
