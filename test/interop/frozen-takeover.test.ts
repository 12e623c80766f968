import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Group } from './group.js';
import { type Library, Peer, PeerError } from './peer.js';
import { Upstream } from './upstream.js';
import { assertWhole, use } from './whole.js';

/** The versions that lead one after the other. */
const SUCCESSIONS: readonly (readonly [first: Library, second: Library])[] = [
  ['frozen', 'mailstation'],
  ['mailstation', 'frozen'],
];

describe('a mixed group of the frozen package and the current one', { concurrency: true }, () => {
  for (const [first, second] of SUCCESSIONS) {
    it(`goes on under ${second} when the Leader, of ${first}, is killed`, async (t) => {
      const upstream = await Upstream.start(t);
      const group = await Group.compete(t, upstream, [first, second]);
      const newcomer = Peer.start(t, first);
      const [leader, follower] = group.members as [Peer, Peer];
      await use(group.members, upstream);
      upstream.published.length = 0;
      const held = follower.call('hold').catch((error: unknown) => error);
      await follower.call('servedBy'); // behind the held call on the same connection
      const gone = await group.kill(leader);
      const lost = await held;
      assert.ok(lost instanceof PeerError);
      assert.deepEqual([lost.name, lost.code], ['SocketCloseError', 'ERR_RPC_CONNECTION_LOST']);
      await assertWhole(group, upstream, gone, 'after the kill');
      assert.equal(await follower.leads(), true);
      const joining = await newcomer;
      await group.join(joining);
      await use([joining], upstream);
      assert.deepEqual(await joining.values(1), ['after the kill']);
    });

    it(`goes on under ${second} when the Leader, of ${first}, is closed, and no call is lost`, async (t) => {
      const upstream = await Upstream.start(t);
      const group = await Group.compete(t, upstream, [first, second]);
      const [leader, follower] = group.members as [Peer, Peer];
      await use(group.members, upstream);
      upstream.published.length = 0;
      const held = follower.call('hold');
      await follower.call('servedBy'); // behind the held call on the same connection
      const closing = leader.close(); // the Leader drains: the goaway leaves while the call is in flight
      await leader.events(); // the Leader's process answers in order
      upstream.release();
      assert.equal(await held, leader.pid);
      await closing;
      group.forget(leader);
      await assertWhole(group, upstream, leader.pid, 'after the close');
      assert.equal(await follower.leads(), true);
      assert.equal(upstream.mostAtOnce, 1, 'the old real client is closed before the new one opens');
    });
  }
});
