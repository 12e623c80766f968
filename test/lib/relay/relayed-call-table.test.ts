import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RelayedCall } from '../../../lib/relay/relayed-call.js';
import { RelayedCallTable } from '../../../lib/relay/relayed-call-table.js';

const call = (name: string): RelayedCall => ({ name }) as unknown as RelayedCall;

describe('RelayedCallTable', () => {
  it('finds each call by its id until it is deleted', () => {
    const table = new RelayedCallTable();
    const calls = new Map(Array.from({ length: 1_000 }, (_, at) => [at + 1, call(`${at}`)]));
    for (const [id, each] of calls) table.add(id, each);
    assert.equal(table.size, 1_000);
    for (const [id, each] of calls) assert.equal(table.get(id), each);
    for (const id of calls.keys()) {
      table.delete(id);
      assert.equal(table.get(id), undefined);
    }
    assert.equal(table.size, 0);
  });

  it('finds calls whose ids have the same low bits, in whatever order they end', () => {
    for (const order of [
      [1, 65, 65_537],
      [65_537, 65, 1],
      [65, 1, 65_537],
    ]) {
      const table = new RelayedCallTable();
      const calls = new Map([1, 65, 65_537].map((id) => [id, call(`${id}`)]));
      for (const [id, each] of calls) table.add(id, each);
      for (const id of order) {
        assert.equal(table.get(id), calls.get(id));
        table.delete(id);
        calls.delete(id);
        for (const [left, each] of calls) assert.equal(table.get(left), each);
        assert.equal(table.size, calls.size);
      }
    }
  });

  it('keeps calls of colliding ids while it grows', () => {
    const table = new RelayedCallTable();
    const ids = [
      ...Array.from({ length: 200 }, (_, at) => at + 1),
      ...Array.from({ length: 200 }, (_, at) => (at + 1) * 65_536),
    ];
    const calls = new Map(ids.map((id) => [id, call(`${id}`)]));
    for (const [id, each] of calls) table.add(id, each);
    for (const [id, each] of calls) assert.equal(table.get(id), each);
    assert.equal(table.size, 400);
  });

  it('has the later one of two calls with one id', () => {
    const table = new RelayedCallTable();
    const [blocking, earlier, later] = [call('blocking'), call('earlier'), call('later')];
    table.add(1, blocking);
    table.add(65, earlier);
    table.add(65, later);
    assert.equal(table.get(65), later);
    table.delete(1);
    table.add(65, earlier); // the slot is free now, and the call elsewhere is replaced all the same
    assert.equal(table.get(65), earlier);
    assert.equal(table.size, 1);
    table.delete(65);
    assert.equal(table.get(65), undefined);
  });

  it('ignores ids that it does not have', () => {
    const table = new RelayedCallTable();
    table.add(1, call('1'));
    table.delete(65);
    table.delete(2);
    assert.equal(table.size, 1);
    assert.equal(table.get(65), undefined);
  });

  it('is small again when a burst is over', () => {
    const table = new RelayedCallTable();
    for (let id = 1; id <= 10_000; id++) table.add(id, call('burst'));
    for (let id = 1; id <= 10_000; id++) table.delete(id);
    assert.equal(table.slots, 64);
    table.add(10_001, call('after'));
    assert.equal(table.size, 1);
  });
});
