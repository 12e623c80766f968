import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Group } from './group.js';
import type { Peer } from './peer.js';
import { Upstream } from './upstream.js';

// What a stock Leader dies of, or leaves undone, when a Follower asks for it; with stock Followers that do.
describe('a Leader of ours', () => {
  it('lives on when a stock Follower calls what throws, what fails unheard, and what there is not', async (t) => {
    const upstream = await Upstream.start(t);
    const group = await Group.start(t, upstream, ['mailstation', 'stock']);
    const [leader, follower] = group.members as [Peer, Peer];
    const boom = { name: 'RangeError', message: 'boom', code: 'E_BOOM' };
    await assert.rejects(follower.call('failAtOnce'), boom);
    await assert.rejects(leader.call('failAtOnce'), boom);
    await follower.callIn('oneway', 'tellInVain');
    await leader.callIn('oneway', 'tellInVain');
    const newer = follower.as('newer');
    await group.join(newer, { isLeader: false, newer: true });
    await assert.rejects(newer.call('newer'), { code: 'ERR_RPC_NO_METHOD' });
    assert.equal(await follower.call('servedBy'), leader.pid);
    assert.deepEqual([leader.isRunning, leader.stderr], [true, '']);
  });

  it('unsubscribes its real client when the last of both kinds has', async (t) => {
    const upstream = await Upstream.start(t);
    const { members } = await Group.start(t, upstream, ['mailstation', 'stock', 'mailstation']);
    for (const member of members) await member.subscribe('key');
    await upstream.untilSubscribed('key');
    upstream.emit('key', 'old');
    for (const member of members) await member.values(1);
    for (const member of members) {
      assert.deepEqual(upstream.unsubscribed, []);
      await member.unSubscribe('key');
      await member.call('servedBy');
    }
    await upstream.untilUnsubscribed('key');
    const [leader, follower] = members as [Peer, Peer];
    await follower.subscribe('key', 'again');
    await upstream.untilSubscribed('key', 2);
    upstream.emit('key', 'new');
    assert.deepEqual(await follower.values(1, 'again'), ['new'], 'and not the value of before');
    assert.equal(leader.isRunning, true);
  });

  it('serves a stock Follower that came before it, on a port that its process held already', async (t) => {
    const upstream = await Upstream.start(t);
    const group = await Group.start(t, upstream, ['mailstation', 'stock']);
    const [leader, follower] = group.members as [Peer, Peer];
    const early = follower.as('second client');
    const ready = group.join(early, { name: 'second', isLeader: false });
    await follower.call('servedBy'); // the other one's registration is under way
    const second = leader.as('second client');
    await group.join(second, { name: 'second', isLeader: true });
    await ready;
    assert.equal(await early.call('echoAsync', 'on one port'), 'on one port');
    assert.equal(upstream.total, 2, 'a real client for each name');
    await second.close();
    assert.equal(await follower.call('servedBy'), leader.pid, 'the port stays while another client needs it');
  });
});
