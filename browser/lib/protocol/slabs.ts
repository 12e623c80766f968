import { allocBytes, type RawBytes } from '../raw-bytes.js';

export interface Slab {
  readonly bytes: RawBytes;
  readonly view: DataView;
}

export const SLAB_BYTES = 64 * 1024;

/** As many as were in use at once: a page has one connection or few. */
const free: Slab[] = [];

function make(length: number): Slab {
  const bytes = allocBytes(length);
  return { bytes, view: new DataView(bytes.buffer) };
}

export const slabs = {
  borrow: (length: number): Slab => (length === SLAB_BYTES && free.pop()) || make(length),
  giveBack: (slab: Slab): unknown => slab.bytes.length === SLAB_BYTES && free.push(slab),
};
