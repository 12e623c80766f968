import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { until } from '../support/until.js';
import { Group } from './group.js';
import { type Library, Peer, PeerError } from './peer.js';
import { Upstream } from './upstream.js';

const KEY = 'addresses';
const KILLS = 5;

/** Every member subscribes, and publishes something of its own. */
async function use(members: readonly Peer[]): Promise<void> {
  for (const member of members) {
    await member.subscribe(KEY);
    await member.publish({ dataId: 'member', value: String(member.pid) });
  }
}

/**
 * After the Leader's end: everybody is served by one other process, everybody's publication has been made again, and a
 * value that the upstream gives now gets to everybody.
 */
async function assertWhole(group: Group, upstream: Upstream, gone: number, value: unknown): Promise<void> {
  const pid = await group.untilServed(gone);
  const leader = await group.leader();
  assert.equal(leader.pid, pid, 'the process that says that it leads');
  await until(() => upstream.pids.length === 1 && upstream.pids[0] === pid, {
    what: 'one real client, that of the Leader',
  });
  for (const { pid: member } of group.members) await upstream.untilPublished('member', String(member));
  await upstream.untilSubscribed(KEY);
  upstream.emit(KEY, value);
  for (const member of group.members) await member.untilValue(value);
  assert.equal(upstream.subscriptions(KEY), 1, 'subscribed to once');
}

describe('a Leader that is killed', () => {
  it('is followed by one of another library, and that by one of its own', async (t) => {
    const upstream = await Upstream.start(t);
    const group = await Group.compete(t, upstream, ['stock', 'mailstation']);
    await use(group.members);
    for (const library of ['stock', 'mailstation', 'stock', 'mailstation'] as const) {
      const leader = await group.leader();
      assert.equal(leader.library, library);
      const next = Peer.start(t, library);
      upstream.published.length = 0;
      const [follower] = group.members.filter((member) => member !== leader) as [Peer];
      const held = follower.call('hold').catch((error: unknown) => error);
      await follower.call('servedBy'); // behind it on the same connection
      const gone = await group.kill(leader);
      assert.ok((await held) instanceof PeerError, 'a call that was under way fails');
      await assertWhole(group, upstream, gone, `after ${gone}`);
      const newcomer = await next;
      await group.join(newcomer);
      await newcomer.subscribe(KEY);
      assert.deepEqual(await newcomer.values(1), [`after ${gone}`], 'the last value is for newcomers too');
      await newcomer.publish({ dataId: 'member', value: String(newcomer.pid) });
    }
  });

  it('five times over, out of a mixed group of five', async (t) => {
    const upstream = await Upstream.start(t);
    const libraries: Library[] = ['mailstation', 'stock', 'mailstation', 'stock', 'mailstation'];
    const group = await Group.compete(t, upstream, libraries);
    await use(group.members);
    for (let kill = 1; kill <= KILLS; kill++) {
      const leader = await group.leader();
      const next = Peer.start(t, leader.library); // the group stays mixed
      upstream.published.length = 0;
      const gone = await group.kill(leader);
      await assertWhole(group, upstream, gone, kill);
      const newcomer = await next;
      await group.join(newcomer);
      await use([newcomer]);
      assert.deepEqual(await newcomer.values(1), [kill]);
      t.diagnostic(`${kill}: of ${leader.library}, then ${(await group.leader()).library} leads`);
    }
    assert.equal(upstream.total, 1 + KILLS, 'one real client for each Leader');
  });
});

describe('a Leader that is closed', { concurrency: true }, () => {
  for (const [closing, staying] of [
    ['mailstation', 'stock'],
    ['stock', 'mailstation'],
    ['mailstation', 'mailstation'],
  ] as const) {
    it(`of ${closing} is followed by one of ${staying}`, async (t) => {
      const upstream = await Upstream.start(t);
      const group = await Group.compete(t, upstream, [closing, staying]);
      const [leader, follower] = group.members as [Peer, Peer];
      await use(group.members);
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
