import assert from 'node:assert/strict';
import { until } from '../support/until.js';
import type { PairTest } from './pair.js';
import type { Peer } from './peer.js';

const VALUES = 12;

/** What holds of clients with options of their own; each is a second client on the pair's port. */
export function testOptions(test: PairTest): void {
  test('a transcode of the user’s own carries calls, errors, values and what is published', async (pair) => {
    const { leader, follower, upstream } = pair;
    const both = await secondClients(pair, 'json', { transcode: 'json' });
    for (const peer of both) {
      assert.deepEqual(await peer.call('echoAsync', { at: new Date(5), list: [1, null] }), {
        // Only a Leader of this version encodes its own calls.
        at: peer.pid === leader.pid && leader.library !== 'mailstation' ? new Date(5) : '1970-01-01T00:00:00.005Z',
        list: [1, null],
      });
      await assert.rejects(peer.call('failPromise'), { name: 'RangeError', message: 'boom', code: 'E_BOOM' });
      await peer.subscribe('transcoded', `${peer.pid} transcoded`);
      await peer.publish({ dataId: 'transcoded', value: `by ${peer.pid}` });
      await upstream.untilPublished('transcoded', `by ${peer.pid}`);
    }
    await upstream.untilSubscribed('transcoded');
    upstream.emit('transcoded', { at: new Date(5) });
    for (const peer of both)
      assert.deepEqual(await peer.values(1, `${peer.pid} transcoded`), [{ at: '1970-01-01T00:00:00.005Z' }]);
    assert.equal(await follower.call('servedBy'), leader.pid, 'the first client goes on');
  });

  test('isBroadcast: false gives each value to one', async (pair) => {
    const { upstream } = pair;
    const both = await secondClients(pair, 'one', { isBroadcast: false });
    for (const peer of both) {
      await peer.subscribe('one', `${peer.pid} one`);
      await peer.call('servedBy'); // the Leader has it now
    }
    await upstream.untilSubscribed('one');
    for (let value = 1; value <= VALUES; value++) upstream.emit('one', value);
    const received = async () => (await Promise.all(both.map((peer) => peer.values(0, `${peer.pid} one`)))).flat();
    await until(async () => (await received()).length >= VALUES, { what: 'all values', timeoutMs: 20_000 });
    for (const peer of both) await peer.call('servedBy'); // behind whatever is pushed
    const numbers = (await received()) as number[];
    assert.deepEqual(
      numbers.sort((a, b) => a - b),
      Array.from({ length: VALUES }, (_, at) => at + 1),
    );
  });
}

async function secondClients(
  { leader, follower, group }: Parameters<Parameters<PairTest>[1]>[0],
  name: string,
  options: object,
): Promise<readonly [Peer, Peer]> {
  const both = [leader.as(name), follower.as(name)] as const;
  await group.join(both[0], { name, ...options, isLeader: true });
  await group.join(both[1], { name, ...options, isLeader: false });
  return both;
}
