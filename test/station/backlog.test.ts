import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Backlog } from '../../station/backlog.js';
import { fakeCall } from '../lib/transport/support.js';

const makeCalls = (count: number) => Array.from({ length: count }, () => fakeCall().call);

describe('Backlog', () => {
  it('gives back what waits for a server, in order, and only that', () => {
    const backlog = new Backlog(10);
    const [a, b, c] = makeCalls(3);
    assert.ok(a && b && c);
    backlog.add(a, 'one');
    backlog.add(b, 'two');
    backlog.add(c, 'one');
    assert.deepEqual([backlog.size('one'), backlog.size('two'), backlog.size('three')], [2, 1, 0]);
    assert.deepEqual(backlog.take('one'), [a, c]);
    assert.deepEqual([backlog.take('one'), backlog.size('one'), backlog.size('two')], [[], 0, 1]);
  });

  it('refuses a call over the limit of its server', () => {
    const backlog = new Backlog(2);
    const calls = makeCalls(3);
    assert.deepEqual(
      calls.map((call) => backlog.add(call, 'one')),
      [true, true, false],
    );
    assert.equal(backlog.add(calls[2] as never, 'two'), true);
    backlog.delete(calls[0] as never, 'one');
    assert.equal(backlog.add(calls[2] as never, 'one'), true);
    assert.deepEqual(backlog.take('one'), [calls[1], calls[2]]);
  });

  it('keeps nothing of servers that it was asked about and that none waits for', () => {
    const backlog = new Backlog(1);
    const [call] = makeCalls(1);
    backlog.delete(call as never, 'one');
    assert.deepEqual([backlog.take('one'), backlog.size('one')], [[], 0]);
    backlog.add(call as never, 'one');
    backlog.clear();
    assert.equal(backlog.size('one'), 0);
  });
});
