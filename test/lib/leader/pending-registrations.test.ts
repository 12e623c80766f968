import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PendingRegistrations } from '../../../lib/leader/pending-registrations.js';
import type { RegisterRequest } from '../../../lib/leader/register-request.js';
import type { Session } from '../../../lib/leader/session.js';
import { mockClock } from '../transport/support.js';

const EXT = { version: 1, codecs: ['json'], features: [] };
/** Only who it is matters here. */
const session = () => ({}) as Session;
const asking = (id: number, { timeout = 1_000, stock = false } = {}): RegisterRequest => ({
  id,
  channelName: `channel ${id}`,
  ext: stock ? undefined : EXT,
  timeout,
});

function setUp() {
  const refused: [Session, number][] = [];
  const room = new PendingRegistrations((who, { id }) => refused.push([who, id]));
  const waiting = (): number[] => {
    const ids: number[] = [];
    room.settle((_who, { id }) => {
      ids.push(id);
      return false;
    });
    return ids;
  };
  return { room, refused, waiting };
}

describe('PendingRegistrations', () => {
  it('refuses while the peer still waits, so that it learns why', (t) => {
    const clock = mockClock(t);
    const { room, refused } = setUp();
    const one = session();
    room.add(one, asking(1, { timeout: 1_000 }));
    clock.advance(799);
    assert.deepEqual([refused, room.has(one)], [[], true]);
    clock.advance(1);
    assert.deepEqual([refused, room.has(one)], [[[one, 1]], false]);
    clock.advance(10_000);
    assert.equal(refused.length, 1);
  });

  it('waits 30 s at the most, however long the peer would', (t) => {
    const clock = mockClock(t);
    const { room, refused } = setUp();
    room.add(session(), asking(1, { timeout: 2 ** 31 }));
    clock.advance(29_999);
    assert.equal(refused.length, 0);
    clock.advance(1);
    assert.equal(refused.length, 1);
  });

  it('never refuses a stock peer', (t) => {
    const clock = mockClock(t);
    const { room, refused } = setUp();
    const one = session();
    room.add(one, asking(1, { stock: true }));
    clock.advance(60_000);
    assert.deepEqual([refused, room.has(one)], [[], true]);
  });

  it('has the latest registration of a session only', (t) => {
    const clock = mockClock(t);
    const { room, refused, waiting } = setUp();
    const one = session();
    room.add(one, asking(1));
    clock.advance(700);
    room.add(one, asking(2));
    assert.deepEqual(waiting(), [2]);
    clock.advance(700);
    assert.deepEqual(refused, []);
    clock.advance(100);
    assert.deepEqual(refused, [[one, 2]]);
  });

  it('calls in those whose channel is led, and keeps the others', (t) => {
    const clock = mockClock(t);
    const { room, refused, waiting } = setUp();
    for (const id of [1, 2, 3]) room.add(session(), asking(id));
    room.settle((_who, { channelName }) => channelName === 'channel 2');
    assert.deepEqual(waiting(), [1, 3]);
    clock.advance(2_000);
    assert.deepEqual(
      refused.map(([, id]) => id),
      [1, 3],
    );
  });

  it('forgets who has gone, and all of them when the port is let go of', (t) => {
    const clock = mockClock(t);
    const { room, refused, waiting } = setUp();
    const one = session();
    room.add(one, asking(1));
    room.add(session(), asking(2));
    room.remove(one);
    room.remove(one);
    assert.deepEqual(waiting(), [2]);
    room.clear();
    assert.deepEqual([waiting(), clock.timers], [[], 0]);
    clock.advance(2_000);
    assert.deepEqual(refused, []);
  });
});
