import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SLAB_BYTES, type Slab, SlabPool } from '../../../lib/protocol/slabs.js';
import { until } from '../../support/until.js';

function borrowed(pool: SlabPool, count: number): Slab[] {
  return Array.from({ length: count }, () => pool.borrow());
}

describe('SlabPool', () => {
  it('lends no slab twice at the same time', () => {
    const pool = new SlabPool();
    const slabs = borrowed(pool, 3);
    assert.equal(new Set(slabs.map(({ bytes }) => bytes.buffer)).size, 3);
    for (const slab of slabs) pool.giveBack(slab);
    const again = borrowed(pool, 4);
    assert.equal(new Set(again).size, 4);
    for (const slab of slabs) assert.ok(again.includes(slab), 'a slab that was given back is lent again');
  });

  it('lends memory of its own, with a view of the same bytes', () => {
    const { bytes, view } = new SlabPool().borrow();
    assert.equal(bytes.length, SLAB_BYTES);
    assert.equal(bytes.buffer.byteLength, SLAB_BYTES, "no slice of Node's pool");
    view.setUint8(SLAB_BYTES - 1, 7);
    assert.equal(bytes[SLAB_BYTES - 1], 7);
  });

  it('lets go of slabs that were of no use for a second, and of no others', async () => {
    const pool = new SlabPool();
    for (const slab of borrowed(pool, 40)) pool.giveBack(slab);
    assert.equal(pool.free, 40);
    // Ten in use again and again: ten stay.
    const use = setInterval(() => {
      for (const slab of borrowed(pool, 10)) pool.giveBack(slab);
    }, 5);
    await until(() => pool.free < 40, { what: 'the pool to let go of slabs', timeoutMs: 20_000 });
    clearInterval(use);
    assert.ok(pool.free >= 10, `${pool.free} slabs are left of which ten were used`);
    await until(() => pool.free <= 4, { what: 'the pool of an idle process to shrink', timeoutMs: 20_000 });
    assert.equal(pool.free, 4);
  });
});
