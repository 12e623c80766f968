import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { testCalls } from './calls.js';
import { Group } from './group.js';
import { testOptions } from './options.js';
import type { Pair, PairTest } from './pair.js';
import type { Library, Peer } from './peer.js';
import { testSubscriptions } from './subscriptions.js';
import { Upstream } from './upstream.js';

/** All that holds of two processes that share a client, one of which leads. */
export function testPair(leading: Library, following: Library): void {
  describe(`${leading} leads, ${following} follows`, () => {
    const closing: (() => unknown)[] = [];
    let pair: Pair | undefined;

    before(async () => {
      const scope = { after: (close: () => unknown) => void closing.push(close) };
      const upstream = await Upstream.start(scope);
      const group = await Group.start(scope, upstream, [leading, following]);
      const [leader, follower] = group.members as [Peer, Peer];
      pair = { leader, follower, upstream, group };
    });
    after(async () => {
      for (const close of closing.reverse()) await close();
    });

    const test: PairTest = (name, body) => {
      it(name, async () => {
        assert.ok(pair);
        await body(pair);
        for (const peer of [pair.leader, pair.follower]) assert.deepEqual([peer.isRunning, peer.stderr], [true, '']);
      });
    };
    testCalls(test);
    testSubscriptions(test);
    testOptions(test);
  });
}
