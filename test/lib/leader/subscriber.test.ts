import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { RpcCode, RpcError } from '../../../lib/errors.js';
import { ConnectedSubscriber } from '../../../lib/leader/subscriber.js';
import type { Codec } from '../../../lib/protocol/codec.js';
import { chooseCodec } from '../../../lib/protocol/codecs.js';
import { EncodedValue } from '../../../lib/protocol/encoded-value.js';
import type { Subscriber, Topics } from '../../../lib/serving/channel.js';
import { Connection } from '../../../lib/transport/connection.js';
import { PendingCalls } from '../../../lib/transport/pending-calls.js';
import { FakeStream, mockClock, response, tick } from '../transport/support.js';

const JSON_CODEC = chooseCodec(['json']) as Codec;
const MSGPACK = chooseCodec(['msgpack']) as Codec;

function setUp(t: TestContext, { maxFrameBytes = 10_000 } = {}) {
  const stream = new FakeStream();
  const pending = new PendingCalls();
  const told: unknown[] = [];
  const topics: Topics = {
    pushTimeout: 500,
    subscribe: (key, reg, _who) => void told.push(['subscribe', key, reg]),
    unsubscribe: (key, _who) => void told.push(['unsubscribe', key]),
    left: (_who, reason) => void told.push(['left', reason?.code]),
    onUndelivered: (key, peer, error) => void told.push(['undelivered', key, peer, error.code, error.message]),
  };
  const connection: Connection = new Connection(
    stream,
    {
      onRequest() {},
      onResponse: (_head, frame) => subscriber.onAcknowledged(frame.id),
      onActivity() {},
      onDrained() {},
      onClosed: (reason) => subscriber.onClosed(reason),
    },
    { maxFrameBytes, maxQueuedBytes: 1_000_000, flushInterval: 0, pauseWhenBlocked: false },
  );
  t.after(() => connection.destroy(new RpcError(RpcCode.Closed, 'the test is over')));
  const subscriber: ConnectedSubscriber = new ConnectedSubscriber(connection, pending, topics, JSON_CODEC);
  return { stream, pending, connection, subscriber, told };
}

describe('ConnectedSubscriber', () => {
  it('asks for keys, and gives them up', (t) => {
    const { subscriber, told } = setUp(t);
    subscriber.onRequest({ type: 'subscribe', key: 'a', reg: { id: 1 } }, 10, () => {});
    subscriber.onRequest({ type: 'unSubscribe', key: 'a', reg: { id: 1 } }, 10, () => {});
    subscriber.onClosed(new RpcError(RpcCode.PeerSilent, 'silent'));
    assert.deepEqual(told, [
      ['subscribe', 'a', { id: 1 }],
      ['unsubscribe', 'a'],
      ['left', RpcCode.PeerSilent],
    ]);
  });

  it('reports whether a key can be subscribed to: at once, or when that is known', async (t) => {
    const { pending, connection } = setUp(t);
    const answers: Record<string, () => Promise<void> | undefined> = {
      now: () => undefined,
      never: () => {
        throw new RangeError('never');
      },
      later: async () => {},
      'not later': () => Promise.reject(new RangeError('not later')),
    };
    const topics: Topics = {
      pushTimeout: 1,
      subscribe: (key) => answers[key]?.(),
      unsubscribe() {},
      left() {},
      onUndelivered() {},
    };
    const subscriber = new ConnectedSubscriber(connection, pending, topics, JSON_CODEC);
    const outcomes: unknown[] = [];
    for (const key of Object.keys(answers)) {
      const refusal = new Promise<Error | undefined>((resolve) =>
        subscriber.onRequest({ type: 'subscribe', key, reg: 1 }, 10, resolve),
      );
      outcomes.push((await refusal)?.message);
    }
    assert.deepEqual(outcomes, [undefined, 'never', undefined, 'not later']);
  });

  it('is the same one to its topics each time', (t) => {
    const { stream, pending, connection } = setUp(t);
    const seen = new Set<Subscriber>();
    const topics: Topics = {
      pushTimeout: 1,
      subscribe: (_key, _reg, who) => void seen.add(who),
      unsubscribe: (_key, who) => void seen.add(who),
      left: (who) => void seen.add(who),
      onUndelivered() {},
    };
    const subscriber = new ConnectedSubscriber(connection, pending, topics, JSON_CODEC);
    subscriber.onRequest({ type: 'subscribe', key: 'a', reg: 1 }, 10, () => {});
    subscriber.onRequest({ type: 'unSubscribe', key: 'a', reg: 1 }, 10, () => {});
    subscriber.onClosed(new RpcError(RpcCode.ConnectionLost, 'gone'));
    assert.deepEqual([seen.size, stream.isDestroyed], [1, false]);
  });

  it("sends values in its connection's codec, and waits for their acknowledgement", async (t) => {
    const clock = mockClock(t);
    const { stream, subscriber, told } = setUp(t);
    subscriber.push('a', EncodedValue.of({ n: 1 }, MSGPACK));
    await tick();
    const [sent] = stream.packets;
    assert.deepEqual([sent?.kind, sent?.timeout, sent?.head], [0, 500, { type: 'subscribe_result', key: 'a' }]);
    assert.equal(String(sent?.body), '{"n":1}');
    stream.receive(response(sent?.id as number, { type: 'subscribe_result_res' }));
    clock.advance(2_000);
    assert.deepEqual(told, []);
  });

  it('takes an acknowledgement as one of all values before, of every key', async (t) => {
    const clock = mockClock(t);
    const { stream, subscriber, told } = setUp(t);
    for (const key of ['a', 'b', 'a', 'c']) subscriber.push(key, EncodedValue.of(key, JSON_CODEC));
    await tick();
    assert.deepEqual(
      stream.packets.map(({ head, body }) => [head.key, String(body)]),
      [
        ['a', '"a"'],
        ['b', '"b"'],
        ['a', '"a"'],
        ['c', '"c"'],
      ],
    );
    stream.receive(response(stream.packets[2]?.id as number, { type: 'subscribe_result_res' }));
    clock.advance(2_000);
    assert.deepEqual(
      told.map((each) => (each as string[]).slice(0, 2)),
      [['undelivered', 'c']],
    );
  });

  it('tells of a value that is not acknowledged in time', async (t) => {
    const clock = mockClock(t);
    const { subscriber, told } = setUp(t);
    subscriber.push('a', EncodedValue.of(1, JSON_CODEC));
    clock.advance(2_000);
    assert.deepEqual(told, [
      ['undelivered', 'a', 'fake:1', RpcCode.Timeout, 'no answer to a subscribed value in 500 ms'],
    ]);
  });

  it('does not tell of one whose subscriber has gone meanwhile: that is told elsewhere', async (t) => {
    const clock = mockClock(t);
    const { stream, subscriber, told } = setUp(t);
    subscriber.push('a', EncodedValue.of(1, JSON_CODEC));
    await tick();
    stream.close();
    assert.deepEqual([subscriber.isOpen, told.splice(0)], [false, [['left', RpcCode.ConnectionLost]]]);
    subscriber.push('a', EncodedValue.of(2, JSON_CODEC));
    assert.equal(clock.timers, 0);
    clock.advance(2_000);
    assert.deepEqual(told, []);
  });

  it('tells of a value that cannot be sent, and sends the next', async (t) => {
    const clock = mockClock(t);
    const { stream, subscriber, told } = setUp(t, { maxFrameBytes: 200 });
    subscriber.push('a', EncodedValue.of('x'.repeat(1_000), JSON_CODEC));
    subscriber.push('a', EncodedValue.of(new Map([[{}, 1]]), MSGPACK));
    subscriber.push('a', EncodedValue.of('next', JSON_CODEC));
    await tick();
    assert.deepEqual(
      told.map((each) => (each as string[])[3]),
      [RpcCode.FrameTooLarge, RpcCode.Encode],
    );
    assert.match(String((told[0] as string[])[4]), /^the value cannot be sent: /);
    assert.deepEqual([String(stream.packets[0]?.body), stream.packets.length], ['"next"', 1]);
    clock.advance(2_000);
    assert.deepEqual([told.length, (told[2] as string[])[3]], [3, RpcCode.Timeout]); // that of the value that was sent
  });
});
