import assert from 'node:assert/strict';
import { until } from '../support/until.js';
import type { Group } from './group.js';
import type { Peer } from './peer.js';
import type { Upstream } from './upstream.js';

const KEY = 'addresses';

/** Every member subscribes, and publishes something of its own. */
export async function use(members: readonly Peer[], upstream: Upstream): Promise<void> {
  for (const member of members) {
    await member.subscribe(KEY);
    await member.publish({ dataId: 'member', value: String(member.pid) });
    await upstream.untilPublished('member', String(member.pid));
  }
}

/**
 * After the Leader's end: everybody is served by one other process, everybody's publication has been made again, and a
 * value that the upstream gives now gets to everybody.
 */
export async function assertWhole(group: Group, upstream: Upstream, gone: number, value: unknown): Promise<void> {
  const pid = await group.untilServed(gone);
  const leader = await group.leader();
  assert.equal(leader.pid, pid, 'the process that says that it leads');
  await until(() => upstream.pids.length === 1 && upstream.pids[0] === pid, {
    what: 'one real client, that of the Leader',
    timeoutMs: 20_000,
  });
  for (const { pid: member } of group.members) await upstream.untilPublished('member', String(member));
  await upstream.untilSubscribed(KEY);
  upstream.emit(KEY, value);
  for (const member of group.members) await member.untilValue(value);
  assert.equal(upstream.subscriptions(KEY), 1, 'subscribed to once');
}
