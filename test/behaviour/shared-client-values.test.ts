import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cluster } from '../../lib/cluster/cluster.js';
import { RpcCode } from '../../lib/errors.js';
import { until, untilEvent } from '../support/until.js';
import { collect, joinAll, Registry, sharedWorld, subscribed } from './shared-client-support.js';
import { failure } from './support.js';

const told = () => Registry.latest?.told ?? [];

describe('subscribed values', () => {
  it('go to all who have subscribed, and are asked for once', async (t) => {
    const world = await sharedWorld(t);
    const all = await joinAll(world, 3);
    const values = all.map((client) => collect(client, 'a'));
    // Each of them is known to the Leader, by the word that follows.
    await Promise.all(all.map((client) => client.echo('here')));
    Registry.latest?.give('a', { hosts: ['x'] });
    Registry.latest?.give('a', 'second');
    await until(() => values.every((each) => each.length === 2), { what: 'the values' });
    for (const each of values) assert.deepEqual(each, [{ hosts: ['x'] }, 'second']);
    assert.deepEqual(told(), ['subscribe a']);
  });

  it('are copies, each subscriber its own', async (t) => {
    const world = await sharedWorld(t);
    const [leader, follower] = await joinAll(world, 2);
    const seen: { hosts: string[] }[] = [];
    for (const client of [leader, leader, follower, follower]) {
      client?.subscribe({ id: 'a' }, (value) => {
        (value as { hosts: string[] }).hosts.push('mine');
        seen.push(value as { hosts: string[] });
      });
    }
    await follower?.echo('here');
    const given = { hosts: ['x'] };
    Registry.latest?.give('a', given);
    await until(() => seen.length === 4, { what: 'the values' });
    for (const each of seen) assert.deepEqual(each.hosts, ['x', 'mine']);
    assert.deepEqual([given.hosts, new Set(seen).size], [['x'], 4]);
  });

  it('are given again, the last of them, to whoever subscribes later', async (t) => {
    const world = await sharedWorld(t);
    const [leader, early, late] = await joinAll(world, 3);
    assert.ok(leader && early && late);
    const first = collect(early, 'a');
    await subscribed('a');
    Registry.latest?.give('a', 1);
    Registry.latest?.give('a', 2);
    const later = [collect(late, 'a'), collect(leader, 'a')];
    await until(() => first.length === 2 && later.every((each) => each.length === 1), { what: 'the last value' });
    assert.deepEqual(later, [[2], [2]]);
    // A second listener of one client, which the Leader does not hear of.
    const again = collect(late, 'a');
    await until(() => again.length === 1, { what: 'the last value' });
    assert.deepEqual(again, [2]);
  });

  it('end for a listener, then for a client, and for the real client with the last', async (t) => {
    const world = await sharedWorld(t);
    const [leader, follower] = await joinAll(world, 2);
    assert.ok(leader && follower);
    const gone: unknown[] = [];
    const listener = (value: unknown) => void gone.push(value);
    follower.subscribe({ id: 'a' }, listener);
    const stays = collect(follower, 'a');
    const leaders = collect(leader, 'a');
    await follower.echo('here');
    follower.unSubscribe({ id: 'a' }, listener);
    Registry.latest?.give('a', 1);
    await until(() => stays.length === 1, { what: 'the value' });
    assert.deepEqual(gone, []);
    (leader.unSubscribe as (reg: object) => void)({ id: 'a' });
    Registry.latest?.give('a', 2);
    await until(() => stays.length === 2, { what: 'the value' });
    assert.deepEqual([leaders, told()], [[1], ['subscribe a']]);
    (follower.unSubscribe as (reg: object) => void)({ id: 'a' });
    await until(() => told().includes('unSubscribe a'), { what: 'the real client to be unsubscribed' });
    // Nothing stale is left for the next.
    const next = collect(follower, 'a');
    await until(() => told().length === 3, { what: 'the subscription' });
    Registry.latest?.give('a', 3);
    await until(() => next.length > 0, { what: 'the value' });
    assert.deepEqual(next, [3]);
  });

  it('end for the real client when the last subscriber closes', async (t) => {
    const world = await sharedWorld(t);
    const [, follower] = await joinAll(world, 2);
    assert.ok(follower);
    collect(follower, 'a');
    await subscribed('a');
    await follower.close();
    await until(() => told().includes('unSubscribe a'), { what: 'the real client to be unsubscribed' });
  });

  it('go to exactly one of all subscribers where isBroadcast is false', async (t) => {
    const world = await sharedWorld(t, { isBroadcast: false });
    const all = await joinAll(world, 3);
    const values = all.flatMap((client) => [collect(client, 'a'), collect(client, 'a')]);
    await Promise.all(all.map((client) => client.echo('here')));
    const COUNT = 300;
    for (let n = 0; n < COUNT; n++) Registry.latest?.give('a', n);
    await until(() => values.flat().length >= COUNT, { what: 'the values' });
    await Promise.all(all.map((client) => client.echo('behind the last value')));
    assert.deepEqual(
      values.flat().sort((a, b) => Number(a) - Number(b)),
      [...Array(COUNT).keys()],
    );
    assert.ok(values.every((each) => each.length > 0));
    const late = collect(all[1] as (typeof all)[0], 'a');
    await all[1]?.echo('here');
    assert.deepEqual(late, []);
  });

  it('that are late are an error after subscribeTimeout, on the client that waits', async (t) => {
    const world = await sharedWorld(t, { subscribeTimeout: 50 });
    const [leader, follower] = await joinAll(world, 2);
    assert.ok(leader && follower);
    const error = untilEvent(follower, 'error', { what: 'the error' }).catch((thrown) => [thrown]);
    const values = collect(follower, 'late');
    const [late] = (await error) as [Error & { code: string }];
    assert.match(late.message, /subscribe timeout for .*late.*: no value in 50 ms/);
    assert.equal(late.code, RpcCode.Timeout);
    Registry.latest?.give('late', 'after all');
    await until(() => values.length === 1, { what: 'the value' });
  });

  it('are published by any of them, by way of the real client', async (t) => {
    const world = await sharedWorld(t);
    const [leader, follower] = await joinAll(world, 2);
    assert.ok(leader && follower);
    const values = collect(leader, 'a');
    follower.publish({ id: 'a', value: 1 });
    await until(() => values.length === 1, { what: 'the value' });
    leader.publish({ id: 'a', value: 2 });
    await until(() => values.length === 2, { what: 'the value' });
    assert.deepEqual(values, [1, 2]);
  });

  it('cannot be subscribed to where the real client throws: that client is told', async (t) => {
    const world = await sharedWorld(t);
    class Refusing extends Registry {
      override subscribe() {
        throw new Error('not this one');
      }
      override publish() {
        throw new Error('nor this');
      }
      override unSubscribe() {}
    }
    const [leader, follower] = [world.join(Refusing), world.join(Refusing)];
    await Promise.all([leader.ready(), follower.ready()]);
    for (const client of [follower, leader]) {
      world.errors.length = 0;
      (client as Registry).subscribe({ id: 'a' }, () => {});
      await until(() => world.errors.length === 1, { what: 'the error' });
      assert.match(String(world.errors[0]), /not this one/);
    }
    world.errors.length = 0;
    (leader as Registry).publish({ id: 'a', value: 1 });
    assert.match(String(world.errors[0]), /nor this/);
    (follower as Registry).publish({ id: 'a', value: 1 });
    await until(() => world.log.some((line) => line.includes('nor this')), { what: 'the log line' });
    assert.equal(await follower.echo('still there'), 'still there');
  });

  it('and rejections of the real client are errors of the Leader, which goes on', async (t) => {
    const world = await sharedWorld(t);
    class Rejecting extends Registry {
      override async subscribe() {
        throw new Error('subscribe rejected');
      }
      override async publish() {
        throw new Error('publish rejected');
      }
    }
    const [leader, follower] = [world.join(Rejecting), world.join(Rejecting)];
    await Promise.all([leader.ready(), follower.ready()]);
    (follower as Registry).subscribe({ id: 'a' }, () => {});
    await until(() => world.errors.length === 1, { what: 'the error' });
    (leader as Registry).publish({ id: 'a', value: 1 });
    await until(() => world.errors.length === 2, { what: 'the error' });
    assert.deepEqual(world.errors.map(String), ['Error: subscribe rejected', 'Error: publish rejected']);
    (follower as Registry).publish({ id: 'a', value: 1 });
    await until(() => world.log.some((line) => line.includes('publish rejected')), { what: 'the log line' });
    assert.equal(await follower.echo('still there'), 'still there');
  });
});

describe('a transcode', () => {
  const seen: string[] = [];
  const transcode = {
    encode: (value: unknown) => {
      seen.push('encode');
      return `mine:${JSON.stringify(value === undefined ? null : value)}`;
    },
    decode: (bytes: Buffer) => {
      const text = bytes.toString();
      assert.ok(text.startsWith('mine:'));
      return JSON.parse(text.slice(5)) as unknown;
    },
  };

  it("of the user's own carries arguments, results and values, at both ends", async (t) => {
    seen.length = 0;
    const world = await sharedWorld(t, { transcode });
    const [, follower] = await joinAll(world, 2);
    assert.ok(follower);
    assert.deepEqual(await follower.echo({ a: [1] }), { a: [1] });
    const values = collect(follower, 'a');
    await subscribed('a');
    Registry.latest?.give('a', { b: 2 });
    await until(() => values.length === 1, { what: 'the value' });
    assert.deepEqual(values, [{ b: 2 }]);
    assert.ok(seen.length >= 3);
    const error = await failure(follower.fail('no such key'));
    assert.match(error.message, /no such key/);
  });

  for (const who of ['Leader', 'Follower']) {
    it(`that only the ${who} has is reported, and nobody is served wrongly`, async (t) => {
      const world = await sharedWorld(t, { maxWaitTime: 1_000, connectTimeout: 500 });
      const own = { options: { transcode } };
      const leader = world.join(Registry, who === 'Leader' ? own : {});
      await leader.ready();
      const follower = world.join(Registry, who === 'Leader' ? {} : own);
      const error = await failure(follower.ready());
      assert.match(error.message, /no codec in common: the Follower offers/);
      assert.equal(await leader.echo(1), 1);
    });
  }
});

describe('the bounds of a shared client', () => {
  it('hold for calls that wait for somebody to lead', async (t) => {
    const world = await sharedWorld(t, { isLeader: false, pendingSize: 2, maxWaitTime: 300 });
    const client = world.join(Registry);
    const calls = [1, 2, 3].map((n) => failure(client.echo(n)));
    const third = await calls[2];
    assert.deepEqual([third?.code, third?.delivery], [RpcCode.PendingFull, 'not-sent']);
    for (const error of await Promise.all(calls.slice(0, 2))) assert.equal(error.code, RpcCode.Timeout);
  });

  it('hold for keys', async (t) => {
    const world = await sharedWorld(t, { isLeader: false });
    const client = world.join(Registry);
    for (let n = 0; n < 10_000; n++) {
      client.subscribe({ id: `${n}` }, () => {});
      client.publish({ id: `${n}`, value: n });
    }
    assert.throws(() => client.subscribe({ id: 'more' }, () => {}), { code: RpcCode.QueueFull });
    assert.throws(() => client.publish({ id: 'more', value: 0 }), { code: RpcCode.QueueFull });
    await cluster.close(client);
  });

  it('hold for frames', async (t) => {
    const world = await sharedWorld(t, { maxFrameBytes: 1_000 });
    const [, follower] = await joinAll(world, 2);
    const error = await failure(follower?.echo('x'.repeat(2_000)) as Promise<unknown>);
    assert.deepEqual([error.code, error.delivery], [RpcCode.FrameTooLarge, 'not-sent']);
    assert.equal(await follower?.echo('short'), 'short');
  });
});

describe('a subscription that JSON would change', () => {
  it('is refused in words, in the Leader and in a Follower, and a published value with its key', async (t) => {
    const world = await sharedWorld(t);
    const [leader, follower] = await joinAll(world, 2);
    for (const client of [leader, follower]) {
      for (const [match, what] of [
        [/^a/, 'a RegExp'],
        [new Map(), 'a Map or a Set'],
        [Number.NaN, 'NaN'],
        [new Uint8Array(1), 'binary data'],
        [new Error('no'), 'an Error'],
      ] as const) {
        world.errors.length = 0;
        client?.subscribe({ id: 'a', match } as { id: string }, () => {});
        await until(() => world.errors.length === 1, { what: `the error of ${what}` });
        const { code, message } = world.errors[0] as { code: string; message: string };
        assert.equal(code, RpcCode.Encode);
        assert.ok(message.includes(`its field "match" is ${what}, which JSON does not carry`), message);
        (client?.unSubscribe as ((reg: object) => void) | undefined)?.({ id: 'a', match });
      }
      world.errors.length = 0;
      client?.subscribe({ id: 'dated', at: new Date(5), none: undefined } as { id: string }, () => {});
      client?.publish({ id: 'p', value: /^a/ });
      await until(() => world.errors.length === 1, { what: 'the error of the published value' });
      assert.match((world.errors[0] as Error).message, /^publish \{"id":"p","value":\{\}\}: .*RegExp/);
    }
  });
});
