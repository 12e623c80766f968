import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { quietLogger } from '../../../lib/diagnostics.js';
import { RpcCode } from '../../../lib/errors.js';
import { RateLimitedLog } from '../../../lib/rate-limited-log.js';
import { MethodCache } from '../../../lib/relay/method-cache.js';
import { RelaySession } from '../../../mailbox/shared/relay-session.js';
import { UpstreamPool } from '../../../mailbox/shared/upstream-pool.js';
import { FakeMailBox, fakeFollower, relayFrame, relayHead, relayOptions } from './support.js';

const server = { id: 'test-1', host: '127.0.0.1', port: 3_333, transport: 'tcp' } as const;

function setUp(t: TestContext) {
  const made: FakeMailBox[] = [];
  const warnings: string[] = [];
  const pool = new UpstreamPool(relayOptions(), (info) => {
    const mailbox = new FakeMailBox(info);
    made.push(mailbox);
    return mailbox;
  });
  t.after(() => pool.returnHeld());
  const logger = { ...quietLogger, warn: (text: string) => void warnings.push(text) };
  const follower = fakeFollower();
  const log = new RateLimitedLog(logger);
  t.after(() => log.close());
  const parts = { pool, methods: new MethodCache(), log, maxInFlight: 1 };
  const session = new RelaySession(parts, follower.peer);
  const open = (to = 1, port = 3_333) =>
    session.onRequest({ type: 'open_mailbox', to, server: { ...server, port } }, relayFrame(0));
  const relay = (id: number, head = {}) => session.onRequest(relayHead(head), relayFrame(id));
  const states = () => follower.told.map(({ to, state }) => `${to} ${state}`);
  return { session, parts, pool, made, warnings, follower, open, relay, states };
}

describe('RelaySession', () => {
  it('opens the servers that its Follower names, and reports their states by its numbers', (t) => {
    const { made, pool, open, states } = setUp(t);
    open(7);
    open(8, 4_444);
    made[0]?.move('ready');
    made[1]?.move('backoff');
    assert.deepEqual([...new Set(states())], ['7 connecting', '8 connecting', '7 ready', '8 backoff']);
    open(7);
    assert.deepEqual([pool.size, states().at(-1)], [2, '7 ready'], 'again: the state as it is');
  });

  it('reports a full mailbox, and one that has drained', (t) => {
    const { made, open, relay, states } = setUp(t);
    open();
    made[0]?.move('ready');
    Object.assign(made[0] ?? {}, { room: 1 });
    relay(1);
    made[0]?.drained();
    assert.deepEqual(states().slice(-2), ['1 full', '1 ready']);
  });

  it('relays calls, and counts each until it is answered', (t) => {
    const { made, follower, open, relay } = setUp(t);
    open();
    made[0]?.move('ready');
    relay(5);
    assert.deepEqual([made[0]?.sent.length, follower.calls.running], [1, 1]);
    made[0]?.sent[0]?.succeed(['x']);
    assert.deepEqual([follower.answers, follower.calls.running], [['5 ok x'], 0]);
  });

  it('cancels a call for its caller, once, and ignores other ids', (t) => {
    const { session, made, follower, open, relay } = setUp(t);
    open();
    made[0]?.move('ready');
    relay(5);
    session.onCancel(6);
    session.onCancel(5);
    session.onCancel(5);
    assert.deepEqual(follower.answers, [`5 ${RpcCode.Cancelled} not-sent`]);
  });

  it('fails a call to a number that no server has', (t) => {
    const { session, follower, open, relay } = setUp(t);
    relay(5);
    open();
    session.onRequest({ type: 'close_mailbox', to: 1 }, relayFrame(0));
    session.onRequest({ type: 'close_mailbox', to: 1 }, relayFrame(0));
    relay(6);
    assert.deepEqual(follower.answers, [`5 ${RpcCode.BadRequest} not-sent`, `6 ${RpcCode.BadRequest} not-sent`]);
    assert.equal(follower.calls.running, 0);
  });

  it('logs a one-way call that it could not send: no caller waits for the outcome', (t) => {
    const { follower, relay, warnings } = setUp(t);
    relay(5, { oneway: true });
    assert.deepEqual([follower.answers, follower.calls.running], [[], 0]);
    assert.match(warnings[0] ?? '', /one-way call of "user\.m\.f", relayed for follower:1, was not sent: "no mailbox/);
  });

  it('logs at most one such line a second over all Followers', (t) => {
    const { parts, warnings } = setUp(t);
    for (let n = 0; n < 20; n++) {
      const session = new RelaySession(parts, fakeFollower().peer);
      session.onRequest(relayHead({ oneway: true }), relayFrame(5));
      session.onGone();
    }
    assert.equal(warnings.length, 1);
  });

  it('takes a bounded number of calls of one Follower', (t) => {
    const { made, follower, open, relay } = setUp(t);
    open();
    made[0]?.move('ready');
    for (let id = 1; id <= 50_000; id++) relay(id);
    assert.deepEqual([made[0]?.sent.length, follower.answers], [50_000, []]);
    relay(50_001);
    assert.equal(made[0]?.sent.length, 50_000);
    assert.deepEqual(follower.answers, ['50001 ERR_RPC_PENDING_FULL not-sent']);
  });

  it('connects a bounded number of servers for one Follower', (t) => {
    const { pool, follower, open } = setUp(t);
    for (let to = 1; to <= 4_097; to++) open(to, 10_000 + to);
    assert.equal(pool.size, 4_096);
    const { state, lastFailure } = follower.told.at(-1);
    assert.equal(state, 'backoff');
    assert.match(lastFailure.message, /no more than 4096 servers for one process/);
  });

  it('releases all mailboxes when the Follower is gone, and takes no further request', (t) => {
    const { session, pool, made, follower, open, relay } = setUp(t);
    open(1);
    open(2, 4_444);
    follower.connection.isOpen = false;
    session.onGone();
    assert.deepEqual([pool.size, made.map(({ closes }) => closes)], [0, [[500], [500]]]);
    open(3, 5_555);
    relay(5);
    assert.deepEqual([made.length, follower.calls.running], [2, 0]);
  });
});

describe('MethodCache', () => {
  it('makes each method once, save those with overlong names', () => {
    const methods = new MethodCache();
    assert.equal(methods.get('user.m.f'), methods.get('user.m.f'));
    const long = 'x'.repeat(257);
    assert.notEqual(methods.get(long), methods.get(long));
  });

  it('remembers a bounded number of methods', () => {
    const methods = new MethodCache();
    const first = methods.get('m0');
    for (let at = 1; at < 4_096; at++) methods.get(`m${at}`);
    assert.equal(methods.get('m0'), first);
    methods.get('one more');
    assert.notEqual(methods.get('m0'), first);
  });
});
