import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Group } from './group.js';
import type { Peer } from './peer.js';
import { Upstream } from './upstream.js';
import { assertWhole, use } from './whole.js';

describe('a Leader that is closed', { concurrency: true }, () => {
  for (const [closing, staying] of [
    ['mailstation', 'stock'],
    ['stock', 'mailstation'],
  ] as const) {
    it(`of ${closing} is followed by one of ${staying}`, async (t) => {
      const upstream = await Upstream.start(t);
      const group = await Group.compete(t, upstream, [closing, staying]);
      const [leader, follower] = group.members as [Peer, Peer];
      await use(group.members, upstream);
      upstream.published.length = 0;
      await leader.close();
      group.forget(leader);
      await assertWhole(group, upstream, leader.pid, 'after the close');
      assert.equal(await follower.leads(), true);
      assert.equal(leader.isRunning, true, 'its process goes on');
      // Ours closes its real client before it lets go of the port.
      if (closing === 'mailstation') assert.equal(upstream.mostAtOnce, 1);
    });
  }
});
