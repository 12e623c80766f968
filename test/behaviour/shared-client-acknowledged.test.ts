import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { RpcError } from '../../lib/errors.js';
import { request, response } from '../lib/transport/support.js';
import { until } from '../support/until.js';
import { EXT, type RawPeer, rawCaller, rawLeader, stock } from './raw-peers.js';
import { collect, joinAll, Registry, sharedWorld, subscribed } from './shared-client-support.js';

const KEY = '$$inner$$__{"id":"a"}';
const MANY = 1_000;
const numbers = (count: number, first = 1) => Array.from({ length: count }, (_, index) => first + index);
const give = (values: readonly number[]) => {
  for (const value of values) Registry.latest?.give('a', value);
};

/** A Follower that is none of ours, subscribed to the key. */
async function rawFollower(t: TestContext, port: number): Promise<RawPeer> {
  const peer = await rawCaller(t, port);
  peer.write(request(1, { type: 'register_channel', channelName: 'Registry', ext: EXT }));
  const { head } = await peer.next();
  assert.ok((head['ext'] as { features: string[] }).features.includes('values'));
  peer.write(request(2, { type: 'subscribe', key: KEY, reg: { id: 'a' } }));
  await peer.next();
  await subscribed('a');
  return peer;
}

function valuesAt(peer: RawPeer, count: number) {
  const values = () => peer.packets.filter(({ head }) => head.type === 'subscribe_result');
  return until(() => (values().length === count ? values() : undefined), { what: `${count} values` });
}

/** A real Follower at a Leader that is none of ours and that lists these features; resolves when the key is subscribed to. */
async function followRaw(t: TestContext, features: readonly string[]) {
  const world = await sharedWorld(t);
  let isSubscribed = false;
  const leader = await rawLeader(
    t,
    async (peer) => {
      const { id } = await peer.next('register_channel');
      const ext = { ...EXT, features };
      peer.write(response(id, { type: 'register_channel_res', ext }, stock({ success: true })));
      const subscribe = await peer.next('subscribe');
      peer.write(response(subscribe.id, {}));
      isSubscribed = true;
    },
    world.port,
  );
  const follower = world.join(Registry);
  const got = collect(follower, 'a');
  const peer = await leader.connection();
  await until(() => isSubscribed, { what: 'the subscription' });
  const acknowledged = () =>
    peer.packets.filter(({ head }) => head.type === 'subscribe_result_res').map(({ id }) => id);
  return { peer, got, acknowledged };
}

describe('a Follower acknowledges subscribed values', () => {
  it('a few times where they come closely, and the last of them always', async (t) => {
    const { peer, got, acknowledged } = await followRaw(t, [...EXT.features, 'values']);
    const ids = numbers(MANY, 10);
    peer.write(
      Buffer.concat(ids.map((id) => request(id, { type: 'subscribe_result', key: KEY }, Buffer.from(`${id}`)))),
    );
    await until(() => acknowledged().at(-1) === ids.at(-1), { what: 'the last acknowledgement' });
    assert.deepEqual(got, ids);
    assert.ok(acknowledged().length < MANY / 4, `${acknowledged().length} acknowledgements`);
    assert.deepEqual(
      acknowledged(),
      [...new Set(acknowledged())].sort((a, b) => a - b),
    );
  });

  it('one by one where the Leader does not list the feature', async (t) => {
    const { peer, acknowledged } = await followRaw(t, EXT.features);
    const ids = numbers(100, 10);
    peer.write(
      Buffer.concat(ids.map((id) => request(id, { type: 'subscribe_result', key: KEY }, Buffer.from(`${id}`)))),
    );
    await until(() => acknowledged().length === ids.length, { what: 'the acknowledgements' });
    assert.deepEqual(acknowledged(), ids);
  });
});

describe('a Leader', () => {
  it('reports the values that a Follower has not acknowledged, and none before an acknowledged one', async (t) => {
    const world = await sharedWorld(t, { responseTimeout: 2_000 });
    await joinAll(world, 1);
    const peer = await rawFollower(t, world.port);
    give(numbers(10));
    const first = await valuesAt(peer, 10);
    peer.write(response(first[7]?.id as number, { type: 'subscribe_result_res' }));
    await until(() => world.errors.length === 2, { what: 'the reports' });
    give([11]);
    const [last] = (await valuesAt(peer, 11)).slice(-1);
    peer.write(response(last?.id as number, { type: 'subscribe_result_res' }));
    give([12]);
    await until(() => world.errors.length === 3, { what: 'the report' });
    for (const error of world.errors) {
      const { code, message } = error as RpcError;
      assert.equal(code, 'ERR_RPC_TIMEOUT');
      assert.match(
        message,
        /^a value of \{"id":"a"\} did not reach 127\.0\.0\.1:\d+: no answer to a subscribed value in 2000 ms$/,
      );
    }
  });

  it('pushes values in order to all, and reports only the Follower that stands still', async (t) => {
    const world = await sharedWorld(t, { responseTimeout: 2_000 });
    const all = await joinAll(world, 4);
    const values = all.map((client) => collect(client, 'a'));
    await Promise.all(all.map((client) => client.echo('here'))); // behind the subscriptions
    const peer = await rawFollower(t, world.port);
    const stalled = `127.0.0.1:${peer.socket.localPort}`;
    const sent = numbers(MANY);
    give(sent.slice(0, MANY / 2));
    await until(() => values.every((each) => each.length === MANY / 2), { what: 'the first half' });
    give(sent.slice(MANY / 2));
    await until(() => values.every((each) => each.length === MANY), { what: 'the values' });
    for (const each of values) assert.deepEqual(each, sent);
    const isStalled = (error: unknown) => (error as RpcError).message.includes(`did not reach ${stalled}: `);
    const reported = () => world.errors.filter(isStalled).length;
    await until(() => reported() === MANY, { what: 'the reports', timeoutMs: 30_000 });
    // When the report of a later value has come, the deadlines of all earlier values have long passed.
    give([MANY + 1]);
    await until(() => reported() === MANY + 1, { what: 'the report of the last value', timeoutMs: 30_000 });
    assert.deepEqual(
      world.errors.filter((error) => !isStalled(error)),
      [],
    );
  });
});
