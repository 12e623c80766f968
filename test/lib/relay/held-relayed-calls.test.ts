import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { RpcCode, RpcError } from '../../../lib/errors.js';
import { HeldRelayedCalls } from '../../../lib/relay/held-relayed-calls.js';
import type { RelayedCall } from '../../../lib/relay/relayed-call.js';
import { mockClock } from '../../lib/transport/support.js';
import { fakeFollower, relayedCall } from '../../mailbox/shared/support.js';

function setUp(t: TestContext, { limit = 10, bytesLimit = 100 } = {}) {
  const clock = mockClock(t);
  const due: RelayedCall[] = [];
  const bytes = { now: 0, limit: bytesLimit };
  const held = new HeldRelayedCalls(limit, bytes, (call) => {
    due.push(call);
    call.expire();
  });
  const follower = fakeFollower();
  let id = 0;
  const hold = (bodyBytes = 8, timeout = 1_000) => {
    id += 1;
    const call = relayedCall(follower, id, { bodyBytes, timeout });
    held.add(call);
    return call;
  };
  t.after(() => held.takeAll());
  return { clock, held, bytes, due, follower, hold };
}

describe('HeldRelayedCalls', () => {
  it('gives its calls back in the order in which they came, and counts their bytes', (t) => {
    const { held, bytes, hold } = setUp(t);
    const [first, second, third] = [hold(8), hold(16), hold(24)];
    assert.deepEqual([held.size, bytes.now], [3, 48]);
    assert.deepEqual([held.take(), bytes.now], [first, 40]);
    assert.deepEqual([held.takeAll(), bytes.now, held.size], [[second, third], 0, 0]);
    assert.equal(held.take(), undefined);
  });

  it('gives the bytes of a cancelled call back', (t) => {
    const { held, bytes, follower, hold } = setUp(t);
    const call = hold(60);
    call.cancel(new RpcError(RpcCode.Cancelled, 'the user left'));
    assert.deepEqual([held.size, bytes.now], [0, 0]);
    assert.deepEqual(follower.answers, [`1 ${RpcCode.Cancelled} not-sent`]);
    hold(60);
    assert.deepEqual([held.size, bytes.now], [1, 60]);
  });

  it('fails a call past the limit of calls, and past the limit of bytes', (t) => {
    const calls = setUp(t, { limit: 1 });
    calls.hold();
    calls.hold();
    assert.deepEqual(calls.follower.answers, [`2 ${RpcCode.PendingFull} not-sent`]);
    assert.deepEqual([calls.held.size, calls.bytes.now], [1, 8]);
    const bytes = setUp(t, { bytesLimit: 10 });
    bytes.hold(11);
    bytes.hold(1);
    assert.deepEqual(bytes.follower.answers, [`2 ${RpcCode.QueueFull} not-sent`]);
    assert.deepEqual([bytes.held.size, bytes.bytes.now], [1, 11]);
  });

  it('fails a call shortly before its deadline, so that its caller hears the reason', (t) => {
    const { clock, held, bytes, due, hold } = setUp(t);
    const call = hold(8, 100);
    clock.advance(74);
    assert.equal(held.size, 1);
    clock.advance(6);
    assert.deepEqual([due, held.size, bytes.now], [[call], 0, 0]);
  });

  it('drops the calls of a Follower that is gone, and keeps the others past any limit', (t) => {
    const { held, bytes, follower, hold } = setUp(t, { bytesLimit: 20 });
    const kept = hold(8);
    const gone = fakeFollower();
    held.add(relayedCall(gone, 9, { bodyBytes: 8 }));
    gone.connection.isOpen = false;
    bytes.now += 100; // another mailbox holds these
    held.dropUnwanted();
    assert.deepEqual([held.size, bytes.now, follower.answers, gone.answers], [1, 108, [], []]);
    assert.equal(held.take(), kept);
  });
});
