import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { describe, it } from 'node:test';
import { cluster } from '../../lib/cluster/cluster.js';
import { RpcCode } from '../../lib/errors.js';
import { until, untilEvent } from '../support/until.js';
import { rawLeader } from './raw-peers.js';
import { collect, joinAll, Registry, sharedWorld, subscribed } from './shared-client-support.js';
import { failure } from './support.js';

describe('a shared client that must lead', () => {
  it('does, where the port is free', async (t) => {
    const world = await sharedWorld(t, { isLeader: true });
    const leader = world.join(Registry);
    await leader.ready();
    assert.equal(leader.isClusterClientLeader, true);
    assert.equal(await leader.echo(1), 1);
  });

  it('fails where its name is led, and says by whom; so do its calls', async (t) => {
    const world = await sharedWorld(t);
    await joinAll(world, 1);
    const other = world.join(Registry, { options: { isLeader: true } });
    const early = failure(other.echo(0));
    const error = await failure(other.ready());
    assert.equal(error.code, RpcCode.AddressInUse);
    assert.match(
      error.message,
      new RegExp(
        `create "Registry" leader failed, the port:${world.port} is occupied by other: this process \\(${process.pid}\\) leads "Registry" on port`,
      ),
    );
    assert.match((await early).message, /is occupied by other/);
    assert.match((await failure(other.echo(1))).message, /is occupied by other/);
    assert.equal(other.isClusterClientLeader, undefined);
  });

  it('fails where a stranger has the port', async (t) => {
    const world = await sharedWorld(t);
    const { port } = await rawLeader(t);
    const error = await failure(world.join(Registry, { options: { isLeader: true, port } }).ready());
    assert.equal(error.code, RpcCode.AddressInUse);
    assert.match(
      error.message,
      new RegExp(
        `the port:${port} is occupied by other: port ${port} on 127.0.0.1 is in use, by a cluster-client Leader`,
      ),
    );
  });
});

describe('a shared client that must follow', () => {
  it('waits for a Leader, and follows it', async (t) => {
    const world = await sharedWorld(t);
    const follower = world.join(Registry, { options: { isLeader: false } });
    const values = collect(follower, 'a');
    const early = follower.echo('early');
    const leader = world.join(Registry, { options: { isLeader: true } });
    await follower.ready();
    assert.deepEqual([leader.isClusterClientLeader, follower.isClusterClientLeader], [true, false]);
    assert.equal(await early, 'early');
    await subscribed('a');
    Registry.latest?.give('a', 1);
    await until(() => values.length === 1, { what: 'the value' });
    // Nothing was out of order.
    assert.deepEqual([world.log, world.errors], [[], []]);
  });

  it('is not ready after maxWaitTime, and says why; it works all the same when somebody leads later', async (t) => {
    const world = await sharedWorld(t);
    const follower = world.join(Registry, { options: { isLeader: false, maxWaitTime: 200 } });
    const [error, call] = await Promise.all([failure(follower.ready()), failure(follower.echo(1))]);
    assert.equal(error.code, RpcCode.Connect);
    const why = `leader of "Registry" does not be active in 200ms on port:${world.port}: no Leader can be reached: .*ECONNREFUSED`;
    assert.match(error.message, new RegExp(why));
    assert.deepEqual([call.code, call.delivery, call.name], [RpcCode.Timeout, 'not-sent', 'ResponseTimeoutError']);
    assert.match(
      call.message,
      new RegExp(`no process had led Registry on port ${world.port} after \\d+ ms; no Leader can be reached`),
    );
    await failure(follower.ready());
    const ready = untilEvent(follower, 'ready', { what: 'the follower to be ready', timeoutMs: 20_000 });
    world.join(Registry, { options: { isLeader: true } });
    await ready;
    await follower.ready();
    assert.equal(await follower.echo('after all'), 'after all');
  });
});

describe('a shared client whose port', () => {
  it('is led by others in this process is told who that is, and what they lead', async (t) => {
    const world = await sharedWorld(t);
    await joinAll(world, 1);
    const follower = world.join(Registry, {
      options: { isLeader: false, name: 'Another', connectTimeout: 500, maxWaitTime: 2_500 },
    });
    const [error, call] = await Promise.all([failure(follower.ready()), failure(follower.echo(1))]);
    for (const { message } of [error, call]) {
      assert.match(
        message,
        new RegExp(
          `no process leads the channel "Another" on this port; process ${process.pid} .*holds the port and leads "Registry".*; have that process create this client too`,
        ),
      );
    }
    assert.ok(world.log.every((line) => line.includes('Another has no Leader yet, and goes on trying')));
    // Once for each reason, however often it is met.
    assert.ok(world.log.length <= 2, world.log.join('\n'));
  });

  it('a silent stranger has, says so, and goes on trying', async (t) => {
    const world = await sharedWorld(t, { connectTimeout: 100, maxWaitTime: 1_500 });
    const stranger = await rawLeader(t, () => {});
    const client = world.join(Registry, { options: { port: stranger.port } });
    const [error, call] = await Promise.all([failure(client.ready()), failure(client.echo(1))]);
    for (const { message } of [error, call]) {
      assert.match(
        message,
        /in use, and its holder cannot be followed: .*did not accept the registration on "Registry"/,
      );
      assert.match(message, /no answer to the registration in \d+ ms/);
    }
    assert.ok(stranger.peers.length > 1);
    assert.match(
      world.log.join(),
      /Registry has no Leader yet, and goes on trying: port \d+ on 127\.0\.0\.1 is in use, and its holder cannot be followed/,
    );
  });

  it('an http server has, says so, and leads when that is gone', async (t) => {
    const world = await sharedWorld(t, { connectTimeout: 1_000, maxWaitTime: 1_500 });
    const server = createServer((_request, response) => response.end('hello'));
    t.after(() => server.close());
    server.listen(world.port, '127.0.0.1');
    await untilEvent(server, 'listening', { what: 'the http server' });
    const client = world.join(Registry);
    const error = await failure(client.ready());
    assert.match(
      error.message,
      /does not be active in 1500ms on port:\d+: port \d+ on 127\.0\.0\.1 is in use, and its holder cannot be followed: /,
    );
    const ready = untilEvent(client, 'ready', { what: 'it to lead', timeoutMs: 20_000 });
    server.close();
    server.closeAllConnections();
    await ready;
    assert.equal(client.isClusterClientLeader, true);
  });
});

describe('a shared client whose Leader closes', () => {
  it('leads in its place, and takes everything with it', async (t) => {
    const world = await sharedWorld(t);
    const [leader, next, third] = await joinAll(world, 3);
    assert.ok(leader && next && third);
    const values = collect(third, 'a');
    third.publish({ id: 'b', value: 'published' });
    await until(() => Registry.latest?.published.length === 1, { what: 'the publication' });
    const first = Registry.latest;
    const isClosed = untilEvent(third, 'close', { what: 'the loss of the Leader' });
    const isReady = untilEvent(third, 'ready', { what: 'another Leader', timeoutMs: 20_000 });
    await leader.close();
    await isClosed;
    const call = third.echo('meanwhile');
    await isReady;
    assert.equal(await call, 'meanwhile');
    await next.ready();
    assert.equal([next, third].filter(({ isClusterClientLeader }) => isClusterClientLeader).length, 1);
    assert.notEqual(Registry.latest, first);
    await subscribed('a');
    await until(() => Registry.latest?.published.length === 1, { what: 'the publication' });
    assert.deepEqual(Registry.latest?.published, [{ id: 'b', value: 'published' }]);
    Registry.latest?.give('a', 'anew');
    await until(() => values.includes('anew'), { what: 'a value of the new Leader' });
    assert.deepEqual(world.errors, []);
  });

  it('while another name keeps the port is told so, and served again when it is led again', async (t) => {
    const world = await sharedWorld(t);
    const other = world.join(Registry, { options: { name: 'Other' } });
    await other.ready();
    const leader = world.join(Registry);
    await leader.ready();
    const follower = world.join(Registry, { options: { isLeader: false } });
    await follower.ready();
    const values = collect(follower, 'a');
    await subscribed('a');
    const isLost = untilEvent(follower, 'close', { what: 'the loss of the Leader' });
    await leader.close();
    await isLost;
    assert.equal(await other.echo('not disturbed'), 'not disturbed');
    const waiting = follower.echo('waiting');
    const again = world.join(Registry, { options: { isLeader: true } });
    await again.ready();
    assert.equal(await waiting, 'waiting');
    await subscribed('a');
    Registry.latest?.give('a', 1);
    await until(() => values.length > 0, { what: 'the value' });
    assert.deepEqual([values, world.errors], [[1], []]);
  });

  it('while another name keeps the port is followed at once by one of its own process', async (t) => {
    const world = await sharedWorld(t);
    await world.join(Registry, { options: { name: 'Keeper' } }).ready();
    const [leader, next, third] = [world.join(Registry), world.join(Registry), world.join(Registry)];
    await Promise.all([leader.ready(), next.ready(), third.ready()]);
    const isReady = [next, third].map((client) => untilEvent(client, 'ready', { what: 'another Leader' }));
    await leader.close();
    await Promise.all(isReady);
    assert.equal([next, third].filter(({ isClusterClientLeader }) => isClusterClientLeader).length, 1);
    assert.deepEqual(
      world.log.filter((line) => !/competes to be the next Leader|waits for the next Leader/.test(line)),
      [],
    );
  });

  it('is not ready after maxWaitTime if nobody follows it', async (t) => {
    const world = await sharedWorld(t);
    const leader = world.join(Registry);
    await leader.ready();
    const follower = world.join(Registry, { options: { isLeader: false, maxWaitTime: 300 } });
    await follower.ready();
    const isLost = untilEvent(follower, 'close', { what: 'the loss of the Leader' });
    await leader.close();
    await isLost;
    const error = await failure(follower.ready());
    assert.match(error.message, /does not be active in 300ms/);
    await cluster.close(follower);
  });
});
