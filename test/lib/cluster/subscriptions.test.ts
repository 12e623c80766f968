import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { wireKey } from '../../../lib/cluster/keys.js';
import { MAX_KEYS, Subscriptions } from '../../../lib/cluster/subscriptions.js';
import { RpcCode } from '../../../lib/errors.js';
import type { Codec } from '../../../lib/protocol/codec.js';
import { chooseCodec } from '../../../lib/protocol/codecs.js';
import { EncodedValue } from '../../../lib/protocol/encoded-value.js';
import { mockClock, tick } from '../transport/support.js';
import { catchUncaught } from './support.js';

const JSON_CODEC = chooseCodec(['json']) as Codec;
const encoded = (value: unknown) => EncodedValue.of(value, JSON_CODEC);

function setUp({ isBroadcast = true, subscribeTimeout = undefined as number | undefined } = {}) {
  const errors: Error[] = [];
  const subscriptions = new Subscriptions({
    isBroadcast,
    subscribeTimeout,
    onError: (error) => void errors.push(error),
  });
  const got: string[] = [];
  const listener = (name: string) => (value: unknown) => void got.push(`${name} ${JSON.stringify(value)}`);
  return { subscriptions, errors, got, listener };
}

describe('Subscriptions', () => {
  it('ask for a key with its first listener, and give it up with its last', () => {
    const { subscriptions, listener } = setUp();
    const [a, b] = [listener('a'), listener('b')];
    assert.equal(subscriptions.add('key', { id: 1 }, a), true);
    assert.equal(subscriptions.add('key', { id: 1 }, b), false);
    assert.deepEqual([...subscriptions.all()], [['key', { id: 1 }]]);
    assert.equal(subscriptions.remove('key', a), false);
    assert.equal(
      subscriptions.remove('key', () => {}),
      false,
    );
    assert.equal(subscriptions.remove('key', b), true);
    assert.equal(subscriptions.remove('key', b), false);
    assert.deepEqual([...subscriptions.all()], []);
  });

  it('are all given up without a listener', () => {
    const { subscriptions, listener } = setUp();
    subscriptions.add('key', 1, listener('a'));
    subscriptions.add('key', 1, listener('b'));
    assert.equal(subscriptions.remove('key'), true);
  });

  it('give each listener a copy of its own', () => {
    const { subscriptions } = setUp();
    const seen: number[][] = [];
    for (let n = 0; n < 2; n++) {
      subscriptions.add('key', 1, (value) => {
        (value as number[]).push(0);
        seen.push(value as number[]);
      });
    }
    subscriptions.deliver('key', encoded([1]));
    assert.deepEqual(seen, [
      [1, 0],
      [1, 0],
    ]);
  });

  it('tell a later listener the last value, after it has subscribed, if it is still there', async () => {
    const { subscriptions, got, listener } = setUp();
    subscriptions.add('key', 1, listener('a'));
    subscriptions.deliver('key', encoded(1));
    subscriptions.deliver('key', encoded(2));
    const gone = listener('gone');
    subscriptions.add('key', 1, listener('b'));
    subscriptions.add('key', 1, gone);
    subscriptions.remove('key', gone);
    assert.deepEqual(got, ['a 1', 'a 2']);
    await tick();
    assert.deepEqual(got, ['a 1', 'a 2', 'b 2']);
  });

  it('keep no value from before all had left', async () => {
    const { subscriptions, got, listener } = setUp();
    const a = listener('a');
    subscriptions.add('key', 1, a);
    subscriptions.deliver('key', encoded(1));
    subscriptions.remove('key', a);
    subscriptions.deliver('key', encoded('on its way'));
    subscriptions.add('key', 1, listener('b'));
    await tick();
    assert.deepEqual(got, ['a 1']);
  });

  it('give a value to one listener where it is not for all, and the last one to nobody', async () => {
    const { subscriptions, got, listener } = setUp({ isBroadcast: false });
    for (const name of ['a', 'b', 'c']) subscriptions.add('key', 1, listener(name));
    for (let n = 0; n < 200; n++) subscriptions.deliver('key', encoded(n));
    assert.equal(got.length, 200);
    assert.deepEqual([...new Set(got.map((line) => line[0]))].sort(), ['a', 'b', 'c']);
    subscriptions.add('key', 1, listener('late'));
    await tick();
    assert.equal(got.length, 200);
  });

  it('go on when a listener throws, or a value cannot be decoded', async (t) => {
    const { subscriptions, errors, got, listener } = setUp();
    const thrown = catchUncaught(t);
    subscriptions.add('key', 1, () => {
      throw new Error('by the listener');
    });
    subscriptions.add('key', 1, listener('b'));
    subscriptions.deliver('key', encoded(1));
    subscriptions.deliver('key', new EncodedValue(JSON_CODEC, Buffer.from('{')));
    await tick();
    assert.deepEqual([got, thrown.map(String)], [['b 1'], ['Error: by the listener']]);
    assert.equal(errors.length, 2);
  });

  it('tell of a first value that is late, once, and not when it came or nobody waits', (t) => {
    const clock = mockClock(t);
    const { subscriptions, errors, listener } = setUp({ subscribeTimeout: 100 });
    subscriptions.add(wireKey('late'), 1, listener('a'));
    subscriptions.add(wireKey('late'), 1, listener('b'));
    subscriptions.add('came', 1, listener('a'));
    subscriptions.add('left', 1, listener('a'));
    subscriptions.deliver('came', encoded(1));
    subscriptions.remove('left');
    clock.advance(300);
    assert.equal(errors.length, 1);
    assert.match(String(errors[0]), /subscribe timeout for late: no value in 100 ms/);
    assert.equal((errors[0] as { code?: string }).code, RpcCode.Timeout);
    subscriptions.add('another', 1, listener('a'));
    subscriptions.clear();
    assert.equal(clock.timers, 0);
  });

  it('refuse what is no listener, and a key too many', () => {
    const { subscriptions, listener } = setUp();
    assert.throws(() => subscriptions.add('key', 1, undefined as never), { code: RpcCode.InvalidArgument });
    for (let n = 0; n < MAX_KEYS; n++) subscriptions.add(`key ${n}`, 1, listener('a'));
    assert.throws(() => subscriptions.add('one more', 1, listener('a')), { code: RpcCode.QueueFull });
    assert.equal(subscriptions.add('key 0', 1, listener('b')), false);
  });
});
