import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Group } from './group.js';
import type { Library, Peer, Scope } from './peer.js';
import { Upstream } from './upstream.js';

/**
 * A stock Leader drops who has been silent for three of them, a stock Follower a Leader that was for one, even if it is
 * itself that did not run. On a busy machine that happens at the short interval; a heartbeat that is not sent at all is
 * missed at the long one too.
 */
const INTERVALS_MS = [300, 900];
const QUIET_INTERVALS = 11;

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
  it('keep two processes together when idle, and while a call takes its time', async (t) => {
    let complaints: string[] = [];
    for (const interval of INTERVALS_MS) {
      complaints = (await Promise.all(PAIRS.map((pair) => stayTogether(t, pair, interval)))).flat();
      if (complaints.length === 0) return;
      t.diagnostic(`every ${interval} ms: ${complaints.join('; ')}`);
    }
    assert.deepEqual(complaints, []);
  });
});

/** Resolves with what went wrong. It is time itself that has to pass here, and nothing may happen in it. */
async function stayTogether(t: Scope, [leading, following]: (typeof PAIRS)[number], interval: number) {
  const upstream = await Upstream.start(t);
  const group = await Group.start(t, upstream, [leading, following], { heartbeatInterval: interval });
  const [leader, follower] = group.members as [Peer, Peer];
  await sleep(QUIET_INTERVALS * interval);
  const held = follower.call('hold').catch((error: Error) => error.message);
  await sleep(QUIET_INTERVALS * interval);
  upstream.release();
  const answer = await held;
  const complaints = [...(await leader.events()), ...(await follower.events())];
  if (answer !== leader.pid) complaints.push(`the call gave ${answer}`);
  if (upstream.total !== 1) complaints.push(`${upstream.total} real clients were made`);
  await Promise.all(group.members.map((member) => member.kill()));
  return complaints.map((complaint) => `${leading} leads, ${following} follows: ${complaint}`);
}
