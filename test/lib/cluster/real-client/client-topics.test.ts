import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Delegates } from '../../../../lib/cluster/delegates.js';
import { ClientTopics } from '../../../../lib/cluster/real-client/client-topics.js';
import { RealClient } from '../../../../lib/cluster/real-client/real-client.js';
import { RpcCode, RpcError } from '../../../../lib/errors.js';
import type { Codec } from '../../../../lib/protocol/codec.js';
import { chooseCodec } from '../../../../lib/protocol/codecs.js';
import { generated, heard, listening } from '../support.js';

/** What is listened to on a real client, and what that was told. */
class Source {
  readonly listeners: ((value: unknown) => void)[] = [];
  readonly told: string[] = [];
  fails = false;
  subscribe(reg: { id: string }, listener: (value: unknown) => void): void {
    if (this.fails) throw new Error('not this one');
    this.told.push(`subscribe ${reg.id}`);
    this.listeners.push(listener);
  }
  unSubscribe(reg: { id: string }, listener: (value: unknown) => void): void {
    this.told.push(`unSubscribe ${reg.id}`);
    const at = this.listeners.indexOf(listener);
    assert.ok(at >= 0, 'unsubscribed by the listener that it was subscribed by');
    this.listeners.splice(at, 1);
    if (this.fails) throw new Error('not gone');
  }
  give(value: unknown): void {
    for (const listener of [...this.listeners]) listener(value);
  }
}

function setUp({ isBroadcast = true, delegates = generated(Source) } = {}) {
  const source = new Source();
  const handler = heard();
  const topics = new ClientTopics(new RealClient(() => source, delegates, handler), {
    pushTimeout: 1_000,
    isBroadcast,
    codec: chooseCodec(['msgpack']) as Codec,
    onError: (error) => handler.errors.push(`${error.name}: ${error.message}`),
  });
  return { source, topics, errors: handler.errors };
}
const A = { id: 'a' };

describe('ClientTopics', () => {
  it('subscribes to the real client once a key, and leaves it with the last subscriber', () => {
    const { source, topics } = setUp();
    const [one, two] = [listening(), listening()];
    topics.subscribe('a', A, one);
    topics.subscribe('a', A, one);
    topics.subscribe('a', A, two);
    source.give(1);
    topics.unsubscribe('a', one);
    topics.unsubscribe('a', one);
    source.give(2);
    topics.unsubscribe('a', two);
    source.give(3);
    assert.deepEqual([one.values, two.values], [[1], [1, 2]]);
    assert.deepEqual(source.told, ['subscribe a', 'unSubscribe a']);
    assert.equal(topics.size, 0);
  });

  it('lets one go that has gone, from all its keys', () => {
    const { source, topics } = setUp();
    const [one, two] = [listening(), listening()];
    for (const id of ['a', 'b']) topics.subscribe(id, { id }, one);
    topics.subscribe('b', { id: 'b' }, two);
    topics.left(one);
    assert.deepEqual(source.told, ['subscribe a', 'subscribe b', 'unSubscribe a']);
    topics.left(two);
    assert.deepEqual([source.told.at(-1), topics.size], ['unSubscribe b', 0]);
  });

  it('gives the last value to whoever comes later, and none from before all had left', () => {
    const { source, topics } = setUp();
    const [one, two, three] = [listening(), listening(), listening()];
    topics.subscribe('a', A, one);
    source.give('first');
    source.give('last');
    topics.subscribe('a', A, two);
    assert.deepEqual(two.values, ['last']);
    topics.left(one);
    topics.left(two);
    topics.subscribe('a', A, three);
    assert.deepEqual(three.values, []);
  });

  it('gives undefined and null as values too', () => {
    const { source, topics } = setUp();
    const one = listening();
    topics.subscribe('a', A, one);
    source.give(null);
    const two = listening();
    topics.subscribe('a', A, two);
    assert.deepEqual(two.values, [null]);
  });

  it('gives each value to one open subscriber where it is not for all', () => {
    const { source, topics } = setUp({ isBroadcast: false });
    const all = [listening(), listening(), listening(false), listening()];
    for (const each of all) topics.subscribe('a', A, each);
    for (let n = 0; n < 300; n++) source.give(n);
    assert.deepEqual(
      all.flatMap(({ values }) => values).sort((a, b) => Number(a) - Number(b)),
      [...Array(300).keys()],
    );
    assert.deepEqual(
      all.map(({ values }) => values.length > 0),
      [true, true, false, true],
    );
    const late = listening();
    topics.subscribe('a', A, late);
    assert.deepEqual(late.values, []);
  });

  it('has nobody to give to when all are closed', () => {
    const { source, topics, errors } = setUp({ isBroadcast: false });
    topics.subscribe('a', A, listening(false));
    source.give(1);
    assert.deepEqual(errors, []);
  });

  it('is not subscribed where the real client throws; the next one tries again', () => {
    const { source, topics } = setUp();
    source.fails = true;
    assert.throws(() => topics.subscribe('a', A, listening()), { message: 'not this one' });
    assert.equal(topics.size, 0);
    source.fails = false;
    const one = listening();
    topics.subscribe('a', A, one);
    source.give(1);
    assert.deepEqual(one.values, [1]);
  });

  it('takes a value that comes while it subscribes', () => {
    const { source, topics } = setUp();
    const { subscribe } = source;
    source.subscribe = function (reg, listener) {
      subscribe.call(this, reg, listener);
      listener('at once');
    };
    const one = listening();
    topics.subscribe('a', A, one);
    assert.deepEqual(one.values, ['at once']);
  });

  it('tells of a real client that cannot be unsubscribed from, and forgets the key', () => {
    const { source, topics, errors } = setUp();
    topics.subscribe('a', A, listening());
    source.fails = true;
    topics.unsubscribe('a', listening());
    assert.deepEqual(errors, []);
    topics.left(listening());
    assert.equal(topics.size, 1);
    const one = listening();
    topics.subscribe('a', A, one);
  });

  it('keeps a key that its real client has no way to leave, rather than subscribe twice', () => {
    const delegates = new Delegates();
    delegates.delegate('subscribe', 'subscribe');
    const { source, topics } = setUp({ delegates });
    const [one, two] = [listening(), listening()];
    topics.subscribe('a', A, one);
    source.give(1);
    topics.unsubscribe('a', one);
    topics.subscribe('a', A, two);
    source.give(2);
    assert.deepEqual([source.told, two.values], [['subscribe a'], [1, 2]]);
  });

  it('throws where there is nothing to subscribe by', () => {
    const { topics } = setUp({ delegates: new Delegates() });
    assert.throws(() => topics.subscribe('a', A, listening()), /no method for subscribe; delegate one/);
  });

  it('tells of a value that cannot be sent, and goes on with the next', () => {
    const { source, topics, errors } = setUp();
    const one = listening();
    topics.subscribe('a', A, one);
    source.give({ f() {} });
    source.give('next');
    assert.equal(errors.length, 1);
    assert.deepEqual(one.values, ['next']);
  });

  it('has a bound on its keys', () => {
    const { topics } = setUp();
    const one = listening();
    for (let n = 0; n < 10_000; n++) topics.subscribe(`key ${n}`, A, one);
    assert.throws(() => topics.subscribe('one more', A, one), { code: RpcCode.QueueFull });
  });

  it('has a bound on what they came in, which those that are left count for no more', () => {
    const { topics } = setUp();
    const one = listening();
    const most = 1024;
    const take = (key: string) => topics.subscribe(key, A, one, 64 * 1024);
    for (let n = 0; n < most; n++) take(`key ${n}`);
    assert.throws(() => take('one more'), { code: RpcCode.QueueFull, message: /67108864 bytes of keys/ });
    take('key 0'); // it is there
    topics.unsubscribe('key 0', one);
    topics.unsubscribe('key 0', one);
    take('one more');
    assert.throws(() => take('key 0'), { code: RpcCode.QueueFull });
    topics.left(one);
    for (let n = 0; n < most; n++) take(`key ${n}`);
  });

  it('counts nothing for a key that the real client does not take', () => {
    const { source, topics } = setUp();
    source.fails = true;
    for (let n = 0; n < 3; n++)
      assert.throws(() => topics.subscribe('a', A, listening(), 60 * 1024 * 1024), /not this one/);
    source.fails = false;
    topics.subscribe('a', A, listening(), 60 * 1024 * 1024);
  });

  it('names what goes wrong with a Follower as cluster-client does', () => {
    const { topics, errors } = setUp();
    topics.onUndelivered('a', 'peer:1', new RpcError(RpcCode.Timeout, 'no answer'));
    topics.onUndelivered('a', 'peer:1', new RpcError(RpcCode.Encode, 'too large'));
    topics.onUndelivered('\u001b[2J\n', 'peer:1', new RpcError(RpcCode.Encode, 'too large'));
    topics.left(listening(), new RpcError(RpcCode.PeerSilent, 'silent for long'));
    topics.left(listening(), new RpcError(RpcCode.ConnectionLost, 'gone'));
    assert.deepEqual(errors, [
      'ClusterConnectionResponseTimeoutError: a value of a did not reach peer:1: no answer',
      'RpcError: a value of a did not reach peer:1: too large',
      'RpcError: a value of \\u001b[2J\\u000a did not reach peer:1: too large',
      'ClusterClientNoResponseError: silent for long',
    ]);
  });
});
