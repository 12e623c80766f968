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
    assert.equal(backlog.total, 3);
    for (const call of backlog.drain('one')) {
      assert.equal(call, calls[0]);
      break;
    }
    assert.equal(backlog.add(calls[0] as never, 'one'), true);
    assert.deepEqual(backlog.take('one'), [calls[1], calls[0]]);
    assert.deepEqual([backlog.take('one'), backlog.size('one'), backlog.total], [[], 0, 1]);
  });

  it('also gives what is added while it is emptied', () => {
    const backlog = new Backlog(2);
    const [a, b] = makeCalls(2);
    backlog.add(a as never, 'one');
    const order: unknown[] = [];
    for (const call of backlog.drain('one')) {
      order.push(call);
      if (call === a) backlog.add(b as never, 'one');
    }
    assert.deepEqual(order, [a, b]);
  });

  it('gives up a call whose deadline has passed', async () => {
    const due: unknown[] = [];
    const backlog = new Backlog(2, (call) => due.push(call));
    const { call } = fakeCall({ timeout: 5 });
    call.serverId = 'one';
    backlog.add(call, 'one');
    await backlog.whenEmpty();
    assert.deepEqual([due, backlog.size('one'), backlog.take('one')], [[call], 0, []]);
  });

  it('gives up all of them at once', () => {
    const backlog = new Backlog(2);
    const [a, b] = makeCalls(2);
    backlog.add(a as never, 'one');
    backlog.add(b as never, 'two');
    assert.deepEqual([backlog.takeAll(), backlog.size('one'), backlog.size('two')], [[a, b], 0, 0]);
  });
});
