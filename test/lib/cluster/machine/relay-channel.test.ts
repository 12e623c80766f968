import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { OutgoingCall } from '../../../../lib/call/outgoing-call.js';
import { RelayChannel } from '../../../../lib/cluster/machine/relay-channel.js';
import { resolveClusterOptions } from '../../../../lib/cluster/options.js';
import type { FollowerRole } from '../../../../lib/cluster/role/follower-role.js';
import { quietLogger } from '../../../../lib/diagnostics.js';
import { RpcCode } from '../../../../lib/errors.js';
import { EncodedValue } from '../../../../lib/protocol/encoded-value.js';
import type { InvokeHead } from '../../../../lib/protocol/message.js';
import { msgpackCodec } from '../../../../lib/protocol/msgpack-codec.js';
import { RateLimitedLog } from '../../../../lib/rate-limited-log.js';
import { fakeFollower, relayFrame } from '../../../mailbox/shared/support.js';
import { listening } from '../support.js';

const HEAD: InvokeHead = { type: 'invoke', method: 'get', argLength: 1, oneway: false, meta: false };

type Outcome = (refusal: Error | undefined) => void;

/** A channel, with what it asks of the Leader. */
function setUp(t: TestContext, { pendingSize = 100 } = {}) {
  const sent: OutgoingCall[] = [];
  const asked: string[] = [];
  const outcomes: Outcome[] = [];
  const role = {
    isFull: false,
    invoke: (call: OutgoingCall) => {
      call.move('sent');
      sent.push(call);
    },
    request: (type: string, key: string, _reg: unknown, onOutcome: Outcome) => {
      asked.push(`${type} ${key}`);
      outcomes.push(onOutcome);
    },
    unsubscribe: (key: string) => void asked.push(`unSubscribe ${key}`),
  };
  const errors: Error[] = [];
  const log = new RateLimitedLog(quietLogger);
  t.after(() => log.close());
  const channel = new RelayChannel({
    ...{ name: 'Config, elected in config', role: role as unknown as FollowerRole, log },
    options: resolveClusterOptions({ name: 'Config', pendingSize }, 'Config'),
    onError: (error) => void errors.push(error),
  });
  const process = () => {
    const follower = fakeFollower();
    const handler = channel.relay(follower.follower);
    const call = (id: number, head: Partial<InvokeHead> = {}) => handler.onCall?.({ ...HEAD, ...head }, relayFrame(id));
    return { ...follower, handler, call };
  };
  return { channel, role, sent, asked, outcomes, errors, process };
}

const value = (of: unknown) => EncodedValue.of(of, msgpackCodec);

describe('RelayChannel', () => {
  it('sends the calls of all processes on the one connection, and counts each until it is answered', (t) => {
    const { sent, process } = setUp(t);
    const [one, other] = [process(), process()];
    one.call(5);
    other.call(5);
    assert.deepEqual([sent.length, one.calls.running, other.calls.running], [2, 1, 1]);
    sent[1]?.succeed(['x']);
    assert.deepEqual([one.answers, other.answers, other.calls.running], [[], ['5 ok x'], 0]);
    one.handler.onCancel(5);
    assert.deepEqual(one.answers, [`5 ${RpcCode.Cancelled} unknown`]);
  });

  it('holds calls while the connection takes none, and sends them in order, but not those of a process that is gone', (t) => {
    const { channel, role, sent, process } = setUp(t);
    const [one, other] = [process(), process()];
    role.isFull = true;
    for (const id of [1, 2]) one.call(id);
    other.call(3);
    assert.equal(sent.length, 0);
    other.connection.isOpen = false;
    other.handler.onGone();
    role.isFull = false;
    one.call(4); // does not overtake the held ones
    channel.onDrained();
    for (const call of sent) call.succeed([]);
    assert.deepEqual(one.answers, ['1 ok ', '2 ok ', '4 ok ']);
    assert.deepEqual([other.answers, other.calls.running], [[], 0]);
  });

  it('refuses calls past the limit of those that wait', (t) => {
    const { channel, role, process } = setUp(t, { pendingSize: 1 });
    const one = process();
    role.isFull = true;
    for (const id of [1, 2]) one.call(id);
    assert.deepEqual(one.answers, [`2 ${RpcCode.PendingFull} not-sent`]);
    channel.end();
  });

  it('gives no process all places for calls', (t) => {
    const { process } = setUp(t);
    const [greedy, other] = [process(), process()];
    for (let id = 1; id <= 80_000; id++) greedy.call(id);
    assert.match(greedy.answers[0] ?? '', /ERR_RPC_PENDING_FULL not-sent/);
    other.call(1);
    assert.deepEqual(other.answers, []);
  });

  it('returns waiting calls, and those that come later, when the Leader is gone', (t) => {
    const { channel, role, sent, process } = setUp(t);
    const one = process();
    one.call(1);
    role.isFull = true;
    one.call(2);
    channel.end();
    one.call(3);
    one.call(4, { oneway: true });
    assert.deepEqual(one.answers, [`2 ${RpcCode.Stopping} not-sent`, `3 ${RpcCode.Stopping} not-sent`]);
    sent[0]?.succeed(['answered on the old connection']);
    assert.deepEqual([one.answers.at(-1), one.calls.running], ['1 ok answered on the old connection', 0]);
  });

  it('subscribes once for a key, and gives each value to all, the last one to those that come later', async (t) => {
    const { channel, asked, outcomes } = setUp(t);
    const [one, other, late] = [listening(), listening(), listening()];
    const waits = [one, other].map((each) => channel.topics.subscribe('color', { key: 'color' }, each));
    assert.deepEqual(asked, ['subscribe color']);
    channel.onValue('color', value('red'));
    outcomes[0]?.(undefined);
    await Promise.all(waits);
    assert.equal(channel.topics.subscribe('color', { key: 'color' }, late), undefined);
    channel.onValue('color', value('blue'));
    channel.onValue('shape', value('round')); // not asked for
    assert.deepEqual(
      [one, other, late].map(({ values }) => values),
      [
        ['red', 'blue'],
        ['red', 'blue'],
        ['red', 'blue'],
      ],
    );
    for (const each of [one, other, late]) channel.topics.left(each);
    assert.deepEqual(asked, ['subscribe color', 'unSubscribe color']);
  });

  it('rejects for all processes where the Leader refuses a key, and asks anew after that', async (t) => {
    const { channel, asked, outcomes } = setUp(t);
    const waits = [listening(), listening()].map((each) => channel.topics.subscribe('color', {}, each));
    outcomes[0]?.(new RangeError('no such key'));
    for (const wait of waits) await assert.rejects(wait ?? Promise.resolve(), /no such key/);
    void channel.topics.subscribe('color', {}, listening())?.catch(() => {});
    assert.deepEqual(asked, ['subscribe color', 'subscribe color']);
  });

  it('passes the bytes of a value on as they are', (t) => {
    const { channel } = setUp(t);
    const pushed: EncodedValue[] = [];
    void channel.topics.subscribe('color', {}, { isOpen: true, push: (_key, each) => void pushed.push(each) });
    const red = value('red');
    channel.onValue('color', red);
    assert.equal(pushed[0], red);
  });

  it('shares no mailboxes', (t) => {
    const { process } = setUp(t);
    const one = process();
    one.handler.onRequest({ type: 'close_mailbox', to: 1 }, relayFrame(7));
    assert.deepEqual(one.answers, [`7 ${RpcCode.BadRequest} not-sent`]);
  });

  it('keeps the subscription that was asked for anew before the Leader had refused the one before', (t) => {
    const { channel, asked, outcomes } = setUp(t);
    const [one, other] = [listening(), listening()];
    channel.topics.subscribe('color', {}, one)?.catch(() => {}); // refused below
    channel.topics.unsubscribe('color', one);
    channel.topics.subscribe('color', {}, other);
    assert.deepEqual(asked, ['subscribe color', 'unSubscribe color', 'subscribe color']);
    outcomes[0]?.(new Error('too many keys'));
    outcomes[1]?.(undefined);
    channel.onValue('color', value('red'));
    assert.equal(other.values.length, 1);
    assert.equal(one.values.length, 0);
  });
});
