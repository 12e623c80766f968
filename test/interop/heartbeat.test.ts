import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Group } from './group.js';
import type { Library, Peer } from './peer.js';
import { Upstream } from './upstream.js';

/** A stock Leader drops who has been silent for three of them, a stock Follower a Leader that was for one. */
const INTERVAL_MS = 300;
const QUIET_MS = 11 * INTERVAL_MS;

/**
 * Not stock with itself: a stock Follower sends no heartbeat while it waits for an answer, and its stock Leader drops it
 * for that.
 */
const PAIRS: readonly (readonly [leading: Library, following: Library])[] = [
  ['mailstation', 'stock'],
  ['stock', 'mailstation'],
  ['mailstation', 'mailstation'],
];

describe('heartbeats', () => {
  // It is time itself that has to pass here, and nothing may happen in it.
  it('keep two processes together when idle, and while a call takes its time', async (t) => {
    const pairs = await Promise.all(
      PAIRS.map(async ([leading, following]) => {
        const upstream = await Upstream.start(t);
        const group = await Group.start(t, upstream, [leading, following], { heartbeatInterval: INTERVAL_MS });
        const [leader, follower] = group.members as [Peer, Peer];
        return { name: `${leading} leads, ${following} follows`, upstream, leader, follower };
      }),
    );
    for (const { name, leader, follower } of pairs) assert.equal(await follower.call('servedBy'), leader.pid, name);
    await sleep(QUIET_MS);
    const held = pairs.map(({ follower }) => follower.call('hold').catch((error: Error) => error.message));
    await sleep(QUIET_MS);
    for (const [at, { name, upstream, leader, follower }] of pairs.entries()) {
      upstream.release();
      assert.equal(await held[at], leader.pid, name);
      const events = [await leader.events(), await follower.events()];
      assert.deepEqual(events, [[], []], `${name}: nothing was closed, and no error was told`);
      assert.equal(upstream.total, 1, name);
    }
  });
});
