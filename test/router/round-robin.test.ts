import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { roundRobin } from '../../router/round-robin.js';
import { IDLE, manyServers, picks, requestOf, serversOf, tally } from './support.js';

describe('roundRobin', () => {
  it('goes round in the order of the list, from the first', () => {
    assert.equal(picks(roundRobin(), serversOf('abc'), 7).join(''), 'abcabca');
  });

  it('gives 10,000 picks to 8 servers evenly', () => {
    assert.deepEqual(new Set(Object.values(tally(picks(roundRobin(), manyServers(8), 10_000)))), new Set([1250]));
  });

  it('goes on with the shorter list when a server leaves', () => {
    const router = roundRobin();
    assert.equal(picks(router, serversOf('abcd'), 4).join(''), 'abcd');
    assert.equal(picks(router, serversOf('abc'), 4).join(''), 'bcab'); // where its cursor falls, then in order
    assert.equal(picks(router, serversOf('c'), 2).join(''), 'cc');
  });

  it('reaches a newcomer within one round', () => {
    const router = roundRobin();
    picks(router, serversOf('ab'), 3);
    assert.equal(picks(router, serversOf('abc'), 3).sort().join(''), 'abc');
  });

  it('keeps a cursor for each server type', () => {
    const router = roundRobin();
    const servers = serversOf('ab');
    const next = (serverType: string) => router.pick(servers, requestOf({ serverType }), IDLE).id;
    assert.deepEqual([next('chat'), next('gate'), next('chat'), next('gate')], ['a', 'a', 'b', 'b']);
  });

  it('shares no cursor with another router', () => {
    picks(roundRobin(), serversOf('ab'), 1);
    assert.equal(picks(roundRobin(), serversOf('ab'), 1).join(''), 'a');
  });
});
