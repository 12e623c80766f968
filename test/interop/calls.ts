import assert from 'node:assert/strict';
import type { PairTest } from './pair.js';

const VALUES: readonly (readonly [name: string, value: unknown])[] = [
  ['undefined', undefined],
  ['null', null],
  ['a boolean', false],
  ['an integer', -7],
  ['a fraction', 1.5],
  ['a large integer', 2 ** 53 - 1],
  ['an empty string', ''],
  ['text', 'ünïcödé, 邮, 📮'],
  ['a Buffer', Buffer.from([0, 1, 254, 255])],
  ['a Date', new Date(1_234_567_890_123)],
  ['an empty array', []],
  ['nested objects', { a: [1, { b: null, c: [{ d: new Date(5), e: Buffer.from('x') }] }], f: {} }],
];

const ECHOES = [
  ['generator', 'echoGenerator'],
  ['callback', 'echoCallback'],
  ['promise', 'echoPromise'],
  ['promise', 'echoAsync'],
  ['promise', 'echoCallback'],
  ['callback', 'echoPromise'],
] as const;

const FAILURES = [
  ['generator', 'failGenerator'],
  ['callback', 'failCallback'],
  ['promise', 'failPromise'],
] as const;

/** What holds of calls, whoever leads and whoever follows. */
export function testCalls(test: PairTest): void {
  test('a call is answered by the one real client, in every style', async ({ leader, follower, upstream }) => {
    for (const peer of [leader, follower]) {
      for (const [style, method] of ECHOES)
        assert.equal(await peer.callIn(style, method, 'hello'), 'hello', `${method} as a ${style}`);
      assert.equal(await peer.call('servedBy'), leader.pid);
    }
    assert.deepEqual([upstream.total, upstream.pids], [1, [leader.pid]]);
    assert.deepEqual([await leader.leads(), await follower.leads()], [true, false]);
  });

  test('values arrive as what they were', async ({ leader, follower }) => {
    for (const peer of [leader, follower]) {
      for (const [name, value] of VALUES) assert.deepEqual(await peer.call('echoAsync', value), value, name);
    }
  });

  test('large values arrive too: 1 MiB in the encoding of stock peers', async ({ follower }) => {
    await follower.echoLarge(2 ** 20);
  });

  test('a failed call has the name, the message and the code of its error', async ({ leader, follower }) => {
    for (const peer of [leader, follower]) {
      for (const [style, method] of FAILURES)
        await assert.rejects(
          peer.callIn(style, method),
          { name: 'RangeError', message: 'boom', code: 'E_BOOM' },
          method,
        );
    }
    assert.equal(await follower.call('servedBy'), leader.pid, 'on the same connection');
  });

  test('a one-way call gives nothing back, and arrives', async ({ leader, follower, upstream }) => {
    for (const peer of [leader, follower]) {
      assert.equal(await peer.callIn('oneway', 'tell', { from: peer.pid }), undefined);
      await peer.call('servedBy'); // calls on one connection are taken in their order
    }
    await upstream.untilTold(2);
    assert.deepEqual(upstream.told, [{ from: leader.pid }, { from: follower.pid }]);
  });

  test('a slow call holds up no other', async ({ leader, follower, upstream }) => {
    const held = [leader, follower].map((peer) => peer.call('hold'));
    for (const peer of [leader, follower]) assert.equal(await peer.call('echoAsync', 'meanwhile'), 'meanwhile');
    upstream.release();
    assert.deepEqual(await Promise.all(held), [leader.pid, leader.pid]);
  });

  test('what the real client emits is emitted where it is', async ({ leader, follower, upstream }) => {
    upstream.notice('hello');
    await leader.untilEvent('notice hello');
    assert.ok(!(await follower.events()).includes('notice hello'));
  });
}
