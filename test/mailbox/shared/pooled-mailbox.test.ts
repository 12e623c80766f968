import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { RpcCode, RpcError } from '../../../lib/errors.js';
import { PooledMailBox } from '../../../mailbox/shared/pooled-mailbox.js';
import { fakeCall, mockClock, told } from '../../lib/transport/support.js';
import { STOPPED } from '../support.js';
import { FakeMailBox, fakeFollower, fakeUser, relayedCall } from './support.js';

function setUp(t: TestContext, { limit = 10, bytesLimit = 1_000 } = {}) {
  const clock = mockClock(t);
  const mailbox = new FakeMailBox();
  const pooled = new PooledMailBox(mailbox, limit, { now: 0, limit: bytesLimit });
  const follower = fakeFollower();
  t.after(() => pooled.returnHeld());
  let id = 0;
  const relay = (options = {}) => {
    id += 1;
    const call = relayedCall(follower, id, options);
    pooled.relay(call);
    return call;
  };
  return { clock, mailbox, pooled, follower, relay };
}

describe('PooledMailBox: whether a call needs its connection', () => {
  it('is true for ten seconds after it was asked for, used or lost, and while calls wait here', (t) => {
    const { clock, mailbox, pooled, relay } = setUp(t);
    assert.equal(pooled.isWanted, false);
    const user = fakeUser();
    pooled.acquire(user);
    clock.advance(9_990);
    assert.equal(pooled.isWanted, true);
    clock.advance(20);
    assert.equal(pooled.isWanted, false);
    mailbox.move('ready');
    mailbox.move('backoff');
    assert.equal(pooled.isWanted, true, 'the connection was lost');
    clock.advance(10_010);
    assert.equal(pooled.isWanted, false);
    relay({ timeout: 60_000 });
    clock.advance(30_000);
    assert.equal(pooled.isWanted, true, 'a call waits here');
  });
});

describe('PooledMailBox: its users', () => {
  it('are counted, each once', (t) => {
    const { pooled } = setUp(t);
    const [one, other] = [fakeUser(), fakeUser()];
    pooled.acquire(one);
    pooled.acquire(one);
    pooled.acquire(other);
    pooled.release(one);
    assert.equal(pooled.isUsed, true);
    pooled.release(other);
    assert.equal(pooled.isUsed, false);
  });

  it('make the mailbox connect, and are notified of its state as it is and as it changes', (t) => {
    const { mailbox, pooled } = setUp(t);
    const early = fakeUser();
    pooled.acquire(early);
    mailbox.move('ready');
    const late = fakeUser();
    pooled.acquire(late);
    mailbox.move('backoff');
    assert.deepEqual(
      [early.news, late.news],
      [
        ['connecting', 'ready', 'backoff'],
        ['ready', 'backoff'],
      ],
    );
    pooled.release(late);
    mailbox.move('connecting');
    assert.equal(late.news.length, 2, 'a released user is notified of nothing more');
  });

  it('never see that the mailbox drains or is closed', (t) => {
    const { mailbox, pooled } = setUp(t);
    const user = fakeUser();
    mailbox.state = 'draining';
    pooled.acquire(user);
    mailbox.move('closed');
    assert.deepEqual(user.news, ['backoff']);
  });

  it('are notified once that the mailbox is full, and once that it has drained', (t) => {
    const { mailbox, pooled } = setUp(t);
    const user = fakeUser();
    pooled.acquire(user);
    mailbox.room = 1;
    mailbox.move('ready');
    pooled.send(fakeCall().call);
    pooled.send(fakeCall().call);
    const late = fakeUser();
    pooled.acquire(late);
    mailbox.drained();
    mailbox.drained();
    assert.deepEqual(user.news, ['connecting', 'ready', 'full', 'drained']);
    assert.deepEqual(late.news, ['ready', 'full', 'drained']);
  });

  it('are not notified of a state that the mailbox has left while held calls were sent', (t) => {
    const { mailbox, pooled, relay } = setUp(t);
    const states: string[] = [];
    pooled.acquire({ ...fakeUser(), onStatus: ({ state }) => void states.push(state) });
    relay();
    states.length = 0;
    t.mock.method(mailbox, 'send', () => mailbox.move('backoff'));
    mailbox.move('ready');
    assert.deepEqual(states, ['backoff']);
  });
});

describe('PooledMailBox: relayed calls', () => {
  it('are sent while the mailbox takes calls', (t) => {
    const { mailbox, pooled, relay } = setUp(t);
    pooled.acquire(fakeUser());
    mailbox.move('ready');
    const call = relay();
    assert.deepEqual([mailbox.sent, call.serverId, pooled.held], [[call], 'test-1', 0]);
  });

  it('are held while the mailbox connects, and sent in order before its users hear of it', (t) => {
    const { mailbox, pooled, relay } = setUp(t);
    const user = fakeUser();
    pooled.acquire(user);
    const calls = [relay(), relay()];
    assert.deepEqual([pooled.held, mailbox.sent], [2, []]);
    let sentBefore = 0;
    user.onStatus = () => {
      sentBefore = mailbox.sent.length;
    };
    mailbox.move('ready');
    assert.deepEqual([mailbox.sent, pooled.held, sentBefore], [calls, 0, 2]);
  });

  it('connect a mailbox that has become idle while they were on their way', (t) => {
    const { mailbox, pooled, relay } = setUp(t);
    pooled.acquire(fakeUser());
    mailbox.move('ready');
    mailbox.move('idle');
    const call = relay();
    assert.equal(mailbox.state, 'connecting');
    mailbox.move('ready');
    assert.deepEqual([mailbox.sent, pooled.held], [[call], 0]);
  });

  it('are held while the mailbox is full, and go on as far as there is room', (t) => {
    const { mailbox, pooled, relay } = setUp(t);
    const user = fakeUser();
    pooled.acquire(user);
    mailbox.move('ready');
    mailbox.room = 1;
    const calls = [relay(), relay(), relay(), relay()];
    assert.deepEqual([mailbox.sent.length, pooled.held, user.news.at(-1)], [1, 3, 'full']);
    mailbox.drained(3);
    assert.deepEqual([mailbox.sent, pooled.held, user.news.at(-1)], [calls.slice(0, 3), 1, 'full']);
    mailbox.drained();
    assert.deepEqual([mailbox.sent, pooled.held, user.news.at(-1)], [calls, 0, 'drained']);
  });

  it('do not overtake held calls, where the mailbox has room before the event `drained`', (t) => {
    const { mailbox, pooled, relay } = setUp(t);
    pooled.acquire(fakeUser());
    mailbox.move('ready');
    mailbox.room = 1;
    const calls = [relay(), relay()];
    mailbox.room = 3;
    calls.push(relay());
    assert.deepEqual([mailbox.sent.length, pooled.held], [1, 2]);
    mailbox.drained();
    assert.deepEqual(mailbox.sent, calls);
  });

  it('of a Follower that is gone are dropped, and make room', (t) => {
    const { mailbox, pooled, follower, relay } = setUp(t, { limit: 1 });
    const user = fakeUser();
    pooled.acquire(user);
    relay();
    follower.connection.isOpen = false;
    pooled.release(user);
    assert.deepEqual([pooled.held, follower.answers], [0, []]);
    pooled.acquire(user);
    relay();
    mailbox.move('ready');
    assert.deepEqual([mailbox.sent, pooled.held], [[], 0], 'no caller waits for it');
  });

  it('that are held past a limit fail', (t) => {
    const { pooled, follower, relay } = setUp(t, { limit: 1 });
    pooled.acquire(fakeUser());
    relay();
    relay();
    assert.deepEqual(follower.answers, [`2 ${RpcCode.PendingFull} not-sent`]);
  });

  it('that wait until their deadline fail with what is known of the connection', (t) => {
    const { clock, mailbox, pooled, follower, relay } = setUp(t);
    pooled.acquire(fakeUser());
    mailbox.lastFailure = new RpcError(RpcCode.Connect, 'connect ECONNREFUSED');
    relay({ timeout: 100 });
    clock.advance(100);
    assert.deepEqual([follower.answers, pooled.held], [[`1 ${RpcCode.Connect} not-sent`], 0]);
  });
});

describe('PooledMailBox: its end', () => {
  it('returns the calls that wait, and those that cannot be sent, when another process is about to lead', (t) => {
    const { mailbox, pooled, follower, relay } = setUp(t);
    pooled.acquire(fakeUser());
    relay();
    pooled.returnHeld();
    relay();
    assert.deepEqual(follower.answers, [`1 ${RpcCode.Stopping} not-sent`, `2 ${RpcCode.Stopping} not-sent`]);
    mailbox.move('ready');
    const call = relay();
    assert.deepEqual([mailbox.sent, pooled.held], [[call], 0], 'a call that can be sent is sent');
  });

  it('fails the calls that wait for the reason of the close, and closes the mailbox in that time', async (t) => {
    const { mailbox, pooled, follower, relay } = setUp(t);
    pooled.acquire(fakeUser());
    relay();
    const closed = pooled.close(STOPPED, 300);
    mailbox.finishClose();
    await closed;
    assert.deepEqual([follower.answers, mailbox.closes], [[`1 ${RpcCode.Closed} not-sent`], [300]]);
  });

  it('settles a call of its own process by the mailbox alone', (t) => {
    const { mailbox, pooled } = setUp(t);
    pooled.acquire(fakeUser());
    mailbox.move('ready');
    const { call, outcomes } = fakeCall();
    pooled.send(call);
    call.succeed([1]);
    assert.deepEqual([mailbox.sent, told(outcomes)], [[call], ['ok 1']]);
  });
});
