import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Group } from './group.js';
import { type Library, Peer, PeerError } from './peer.js';
import { Upstream } from './upstream.js';
import { assertWhole, use } from './whole.js';

const KILLS = 5;

describe('a Leader that is killed', () => {
  it('is followed by one of another library, and that by one of its own', async (t) => {
    const upstream = await Upstream.start(t);
    const group = await Group.compete(t, upstream, ['stock', 'mailstation']);
    await use(group.members, upstream);
    for (const library of ['stock', 'mailstation'] as const) {
      const leader = await group.leader();
      assert.equal(leader.library, library);
      const next = Peer.start(t, library);
      upstream.published.length = 0;
      const [follower] = group.members.filter((member) => member !== leader) as [Peer];
      const held = follower.call('hold').catch((error: unknown) => error);
      await follower.call('servedBy'); // behind it on the same connection
      const gone = await group.kill(leader);
      const lost = await held;
      assert.ok(lost instanceof PeerError, 'a call that was under way fails');
      if (follower.library === 'mailstation')
        assert.deepEqual([lost.name, lost.code], ['SocketCloseError', 'ERR_RPC_CONNECTION_LOST']);
      await assertWhole(group, upstream, gone, `after ${gone}`);
      const newcomer = await next;
      await group.join(newcomer);
      await use([newcomer], upstream);
      assert.deepEqual(await newcomer.values(1), [`after ${gone}`], 'the last value is for newcomers too');
    }
  });

  it('five times over, out of a mixed group of five', async (t) => {
    const upstream = await Upstream.start(t);
    const libraries: Library[] = ['mailstation', 'stock', 'mailstation', 'stock', 'mailstation'];
    const group = await Group.compete(t, upstream, libraries);
    await use(group.members, upstream);
    for (let kill = 1; kill <= KILLS; kill++) {
      const leader = await group.leader();
      const next = kill < KILLS ? Peer.start(t, leader.library) : undefined; // the group stays mixed
      upstream.published.length = 0;
      const gone = await group.kill(leader);
      await assertWhole(group, upstream, gone, kill);
      t.diagnostic(`${kill}: of ${leader.library}, then ${(await group.leader()).library} leads`);
      const newcomer = await next;
      if (newcomer === undefined) break;
      await group.join(newcomer);
      await use([newcomer], upstream);
      assert.deepEqual(await newcomer.values(1), [kill]);
    }
    assert.equal(upstream.total, 1 + KILLS, 'one real client for each Leader');
  });
});
