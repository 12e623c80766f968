import assert from 'node:assert/strict';
import type { PairTest } from './pair.js';

const VALUES: readonly unknown[] = [
  'text',
  7,
  null,
  [1, { nested: [new Date(5)] }],
  { addresses: ['10.0.0.1:80', '10.0.0.2:80'] },
  Buffer.from([0, 255]),
  'large '.repeat(2 ** 13),
];

/** What holds of subscribing and publishing, whoever leads and whoever follows. */
export function testSubscriptions(test: PairTest): void {
  test('a subscriber gets every value, in order', async ({ leader, follower, upstream }) => {
    for (const peer of [leader, follower]) await peer.subscribe('values', 'values');
    await upstream.untilSubscribed('values');
    for (const value of VALUES) upstream.emit('values', value);
    for (const peer of [follower, leader]) assert.deepEqual(await peer.values(VALUES.length, 'values'), VALUES);
    assert.equal(upstream.subscriptions('values'), 1, 'the one real client has subscribed once');
  });

  test('a later subscriber gets the last value', async ({ leader, follower, upstream }) => {
    await follower.subscribe('replay', 'first');
    await upstream.untilSubscribed('replay');
    upstream.emit('replay', 'old');
    upstream.emit('replay', 'last');
    await follower.values(2, 'first');
    for (const peer of [follower, leader]) {
      await peer.subscribe('replay', 'later');
      assert.deepEqual(await peer.values(1, 'later'), ['last']);
    }
    assert.deepEqual(await follower.values(2, 'first'), ['old', 'last']);
  });

  test('keys are apart, and each has its listeners', async ({ leader, follower, upstream }) => {
    for (const peer of [leader, follower]) {
      for (const key of ['apart-1', 'apart-2']) {
        for (const listener of ['a', 'b']) await peer.subscribe(key, `${key} ${listener}`);
      }
    }
    for (const key of ['apart-1', 'apart-2']) {
      await upstream.untilSubscribed(key);
      upstream.emit(key, `of ${key}`);
    }
    for (const peer of [leader, follower]) {
      for (const key of ['apart-1', 'apart-2']) {
        for (const listener of ['a', 'b'])
          assert.deepEqual(await peer.values(1, `${key} ${listener}`), [`of ${key}`], `${peer.library} ${listener}`);
      }
    }
  });

  test('who unsubscribes gets no more, and the others do', async ({ leader, follower, upstream }) => {
    const both = [leader, follower];
    for (const peer of both) {
      for (const listener of ['leaves', 'stays']) await peer.subscribe('leaving', listener);
    }
    await upstream.untilSubscribed('leaving');
    upstream.emit('leaving', 1);
    for (const peer of both) {
      for (const listener of ['leaves', 'stays']) await peer.values(1, listener);
      await peer.unSubscribe('leaving', 'leaves');
      await peer.call('servedBy'); // behind it on the same connection
    }
    upstream.emit('leaving', 2);
    for (const peer of both) {
      assert.deepEqual(await peer.values(2, 'stays'), [1, 2]);
      await peer.call('servedBy');
      assert.deepEqual(await peer.values(0, 'leaves'), [1]);
    }
  });

  test('a process that has unsubscribed altogether leaves the others theirs', async ({
    leader,
    follower,
    upstream,
  }) => {
    for (const [gone, left] of [
      [follower, leader],
      [leader, follower],
    ] as const) {
      const key = `altogether-${gone.pid}`;
      for (const listener of ['one', 'two']) await gone.subscribe(key, `${key} ${listener}`);
      await left.subscribe(key, `${key} left`);
      await upstream.untilSubscribed(key);
      upstream.emit(key, 1);
      for (const listener of ['one', 'two']) await gone.values(1, `${key} ${listener}`);
      await left.values(1, `${key} left`);
      await gone.unSubscribeAll(key);
      await gone.call('servedBy');
      upstream.emit(key, 2);
      assert.deepEqual(await left.values(2, `${key} left`), [1, 2]);
      await gone.call('servedBy');
      for (const listener of ['one', 'two']) assert.deepEqual(await gone.values(0, `${key} ${listener}`), [1]);
    }
  });

  test('what is published gets to the upstream, from either', async ({ leader, follower, upstream }) => {
    for (const peer of [leader, follower]) {
      const value = `by ${peer.pid}`;
      await peer.publish({ dataId: 'published', value });
      await upstream.untilPublished('published', value);
    }
  });
}
