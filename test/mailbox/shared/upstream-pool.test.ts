import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RpcCode } from '../../../lib/errors.js';
import type { ServerInfo } from '../../../lib/server-info.js';
import { LocalUpstream } from '../../../mailbox/shared/local-upstream.js';
import { UpstreamPool } from '../../../mailbox/shared/upstream-pool.js';
import { fakeCall, tick } from '../../lib/transport/support.js';
import { STOPPED } from '../support.js';
import { FakeMailBox, fakeFollower, fakeUser, relayedCall, relayOptions, SERVER } from './support.js';

function setUp(pendingSize?: number, options = {}) {
  const made: FakeMailBox[] = [];
  const pool = new UpstreamPool(relayOptions(options, pendingSize), (server) => {
    const mailbox = new FakeMailBox(server);
    made.push(mailbox);
    return mailbox;
  });
  return { pool, made };
}

describe('UpstreamPool', () => {
  it('has one mailbox for all users of a server, until the last of them releases it', async () => {
    const { pool, made } = setUp();
    const [one, other] = [fakeUser(), fakeUser()];
    const pooled = pool.acquire(SERVER, one);
    assert.equal(pool.acquire({ ...SERVER, serverType: 'another', weight: 3 }, other), pooled);
    assert.deepEqual([made.length, pool.size, one.news, other.news], [1, 1, ['connecting'], ['connecting']]);
    pool.release(pooled, one);
    assert.deepEqual([made[0]?.closes, pool.size], [[], 1]);
    pool.release(pooled, other);
    assert.deepEqual([made[0]?.closes, pool.size], [[500], 0], 'closed in order, within drainTimeout');
  });

  it('has a mailbox for each id, and for each address of an id', () => {
    const { pool, made } = setUp();
    const servers: ServerInfo[] = [
      SERVER,
      { ...SERVER, id: 'test-2' },
      { ...SERVER, port: 4_444 },
      { ...SERVER, host: '10.0.0.1' },
      { ...SERVER, transport: 'ws' },
    ];
    for (const server of servers) pool.acquire(server, fakeUser());
    assert.deepEqual([made.length, pool.size], [5, 5]);
    pool.acquire({ ...SERVER, host: '127.0.0.1', transport: 'tcp' }, fakeUser());
    assert.equal(made.length, 5, 'the defaults, written out');
  });

  it('opens another mailbox where the last one still drains', () => {
    const { pool, made } = setUp();
    const user = fakeUser();
    const old = pool.acquire(SERVER, user);
    pool.release(old, user);
    const next = pool.acquire(SERVER, user);
    assert.notEqual(next, old);
    pool.release(old, user);
    assert.deepEqual([made.length, pool.size, made[1]?.closes], [2, 1, []], 'a late release of the old one is none');
  });

  it('closes all mailboxes, those that drain already too', async () => {
    const { pool, made } = setUp();
    const user = fakeUser();
    pool.release(pool.acquire(SERVER, user), user);
    pool.acquire({ ...SERVER, id: 'test-2' }, user);
    let isClosed = false;
    const closed = pool.close(STOPPED, 300).then(() => {
      isClosed = true;
    });
    assert.deepEqual(
      made.map(({ closes }) => closes),
      [[500, 300], [300]],
    );
    made[1]?.finishClose();
    await tick();
    assert.equal(isClosed, false);
    made[0]?.finishClose();
    await closed;
    assert.equal(pool.size, 0);
  });

  it('forgets a mailbox that has drained', async () => {
    const { pool, made } = setUp();
    const user = fakeUser();
    pool.release(pool.acquire(SERVER, user), user);
    made[0]?.finishClose();
    await tick();
    await pool.close(STOPPED, 0);
    assert.deepEqual(made[0]?.closes, [500]);
  });

  it('returns the calls that wait, and those that come for mailboxes which it opens later', () => {
    const { pool } = setUp();
    const follower = fakeFollower();
    pool.acquire(SERVER, fakeUser()).relay(relayedCall(follower, 1));
    pool.returnHeld();
    pool.acquire({ ...SERVER, id: 'test-2' }, fakeUser()).relay(relayedCall(follower, 2));
    assert.deepEqual(follower.answers, [`1 ${RpcCode.Stopping} not-sent`, `2 ${RpcCode.Stopping} not-sent`]);
  });

  it('bounds what all of its mailboxes hold together, and holds a call even with a pendingSize of 0', (t) => {
    const { pool } = setUp(0, { maxQueuedBytes: 10 });
    t.after(() => pool.returnHeld());
    const follower = fakeFollower();
    const first = pool.acquire(SERVER, fakeUser());
    first.relay(relayedCall(follower, 1, { bodyBytes: 11 }));
    assert.deepEqual([first.held, follower.answers], [1, []]);
    pool.acquire({ ...SERVER, id: 'test-2' }, fakeUser()).relay(relayedCall(follower, 2));
    assert.deepEqual(follower.answers, [`2 ${RpcCode.QueueFull} not-sent`]);
  });
});

describe('LocalUpstream', () => {
  function upstream() {
    const { pool, made } = setUp();
    const news: string[] = [];
    const user = {
      onStatus: ({ state }: { state: string }) => void (news.at(-1) !== state && news.push(state)),
      onDrained: () => void news.push('drained'),
      onReturned: () => assert.fail('a local call never comes back'),
    };
    return { pool, made, news, upstream: new LocalUpstream(pool, SERVER, user) };
  }

  it('uses the real mailbox from the first connect on, and connects it again where it went idle', () => {
    const { pool, made, news, upstream: local } = upstream();
    assert.deepEqual([made.length, local.isFull], [0, false]);
    local.connect();
    made[0]?.move('ready');
    const { call } = fakeCall();
    local.send(call);
    assert.deepEqual([made[0]?.sent, pool.size], [[call], 1]);
    made[0]?.move('idle');
    local.connect();
    assert.deepEqual([made.length, news], [1, ['connecting', 'ready', 'idle', 'connecting']]);
  });

  it('is as full as the real mailbox, and notifies its user when that has drained', () => {
    const { made, news, upstream: local } = upstream();
    local.connect();
    made[0]?.move('ready');
    Object.assign(made[0] ?? {}, { room: 1 });
    local.send(fakeCall().call);
    assert.equal(local.isFull, true);
    made[0]?.drained();
    assert.deepEqual([local.isFull, news.at(-1)], [false, 'drained']);
  });

  it('releases the real mailbox once', () => {
    const { pool, made, upstream: local } = upstream();
    local.release();
    local.connect();
    local.release();
    local.release();
    assert.deepEqual([pool.size, made[0]?.closes], [0, [500]]);
  });
});
