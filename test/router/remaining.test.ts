import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { remaining } from '../../router/remaining.js';
import { manyServers } from './support.js';

describe('remaining', () => {
  it('is the list without some of its servers, frozen', () => {
    const list = remaining(manyServers(4), new Set(['test-2', 'test-4', 'nobody']));
    assert.deepEqual(
      list.map(({ id }) => id),
      ['test-1', 'test-3'],
    );
    assert.ok(Object.isFrozen(list));
  });

  it('is the list itself where none is left out', () => {
    const servers = manyServers(2);
    assert.equal(remaining(servers, new Set()), servers);
  });

  it('is the same array for the same ones, whatever their order; and not for ever', () => {
    const servers = manyServers(40);
    const first = remaining(servers, new Set(['test-1', 'test-2']));
    assert.equal(remaining(servers, new Set(['test-2', 'test-1'])), first);
    for (let n = 3; n <= 40; n++) remaining(servers, new Set([`test-${n}`]));
    assert.notEqual(remaining(servers, new Set(['test-1', 'test-2'])), first);
  });
});
