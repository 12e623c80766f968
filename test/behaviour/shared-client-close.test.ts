import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { cluster } from '../../lib/cluster/cluster.js';
import { RpcCode } from '../../lib/errors.js';
import { until, untilEvent } from '../support/until.js';
import { collect, joinAll, Registry, type SharedWorld, sharedWorld } from './shared-client-support.js';
import { deferred, failure } from './support.js';

/** Whoever leaves says nothing but that a Leader is gone, and that only where it has to be told. */
function assertQuiet({ log, errors }: SharedWorld): void {
  assert.deepEqual(
    log.filter((line) => !/competes to be the next Leader|waits for the next Leader/.test(line)),
    [],
  );
  assert.deepEqual(errors, []);
}

/** Rejections that nobody handled, until the test is over. */
function watchRejections(t: TestContext): unknown[] {
  const rejections: unknown[] = [];
  const onRejection = (reason: unknown) => void rejections.push(reason);
  process.on('unhandledRejection', onRejection);
  t.after(() => process.off('unhandledRejection', onRejection));
  return rejections;
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await untilEvent(socket, 'connect', { what: 'the connection' });
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

const ORDERS: Record<string, (all: { close(): Promise<unknown> }[]) => Promise<unknown>> = {
  'the Leader first': async (all) => {
    for (const client of all) await client.close();
  },
  'the Leader last': async (all) => {
    for (const client of [...all].reverse()) await client.close();
  },
  'all at once': (all) => Promise.all(all.map((client) => client.close())),
  'all at once, the Leader last': (all) => Promise.all([...all].reverse().map((client) => client.close())),
};

describe('closing shared clients', () => {
  for (const [order, close] of Object.entries(ORDERS)) {
    it(`${order}, is done without noise, and leaves nothing open`, async (t) => {
      const rejections = watchRejections(t);
      const world = await sharedWorld(t);
      const all = await joinAll(world, 4);
      for (const client of all) {
        collect(client, 'a');
        client.publish({ id: 'b', value: 1 });
      }
      await Promise.all(all.map((client) => client.echo('here')));
      await close(all);
      assertQuiet(world);
      assert.deepEqual([rejections, await isListening(world.port)], [[], false]);
    });
  }

  it('lets calls under way finish, on the Leader and its Followers', async (t) => {
    const world = await sharedWorld(t);
    const gate = deferred();
    let arrived = 0;
    class Slow extends Registry {
      async wait(value: unknown) {
        arrived += 1;
        await gate.promise;
        return value;
      }
    }
    const [leader, follower] = [world.join(Slow), world.join(Slow)];
    await Promise.all([leader.ready(), follower.ready()]);
    const calls = [leader.wait('own'), follower.wait('followed')];
    await until(() => arrived === 2, { what: 'the calls' });
    const closed = Promise.all([leader.close(), follower.close()]);
    assert.equal((await failure(leader.wait('too late'))).code, RpcCode.Closed);
    gate.resolve();
    assert.deepEqual(await Promise.all(calls), ['own', 'followed']);
    await closed;
    assertQuiet(world);
  });

  it('waits no longer than responseTimeout for them', async (t) => {
    const world = await sharedWorld(t, { responseTimeout: 200 });
    const [leader, follower] = await joinAll(world, 2);
    assert.ok(leader && follower);
    const calls = [leader, follower].map((client) => failure(client.never()));
    await until(() => Registry.latest !== undefined, { what: 'the real client' });
    await Promise.all([leader.close(), follower.close()]);
    for (const error of await Promise.all(calls))
      assert.ok(['ResponseTimeoutError', 'SocketCloseError'].includes(error.name), error.name);
    assertQuiet(world);
  });

  it('closes the real client before the port is free for the next', async (t) => {
    const world = await sharedWorld(t);
    const gate = deferred();
    const steps: string[] = [];
    class Closing extends Registry {
      constructor() {
        super();
        steps.push('opened');
      }
      override async close() {
        steps.push('closing');
        await gate.promise;
        steps.push('closed');
      }
    }
    const [leader, next] = [world.join(Closing), world.join(Closing)];
    await Promise.all([leader.ready(), next.ready()]);
    const isLost = untilEvent(next, 'close', { what: 'the Follower to be let go' });
    const closed = leader.close();
    await isLost;
    await until(() => steps.includes('closing'), { what: 'the real client to be closed' });
    const early = failure(world.join(Closing, { options: { isLeader: true } }).ready());
    assert.equal((await early).code, RpcCode.AddressInUse);
    assert.deepEqual([steps, await isListening(world.port)], [['opened', 'closing'], true]);
    gate.resolve();
    await closed;
    await next.ready();
    assert.deepEqual([steps, next.isClusterClientLeader], [['opened', 'closing', 'closed', 'opened'], true]);
  });

  it('rejects with what closing the real client fails with, and lets go of the port all the same', async (t) => {
    const world = await sharedWorld(t);
    class Stuck extends Registry {
      override async close() {
        throw new Error('stuck');
      }
    }
    const leader = world.join(Stuck);
    await leader.ready();
    const closing = leader.close();
    assert.equal(cluster.close(leader), closing);
    assert.equal((await failure(closing)).message, 'stuck');
    assert.equal(await isListening(world.port), false);
    assert.match(world.log.join(), /closing the real client of Stuck failed: .*stuck/);
  });

  it('at once after they were made leaves nothing, and nobody waiting', async (t) => {
    const rejections = watchRejections(t);
    const world = await sharedWorld(t);
    for (const isLeader of [true, false, null]) {
      const client = world.join(Registry, { options: { isLeader } });
      const [ready, call] = [failure(client.ready()), failure(client.echo(1))];
      client.on('error', () => assert.fail('an error'));
      await client.close();
      const { name, code } = await ready;
      assert.deepEqual([name, code, (await call).code], ['SocketCloseError', RpcCode.Closed, RpcCode.Closed]);
      assert.equal((await failure(client.ready())).code, RpcCode.Closed);
      assert.equal(await isListening(world.port), false);
    }
    assertQuiet(world);
    assert.deepEqual(rejections, []);
  });

  it('while the real client is not ready yet closes that too', async (t) => {
    const world = await sharedWorld(t);
    const closed: string[] = [];
    class Unready {
      ready() {
        return new Promise<void>(() => {});
      }
      async close() {
        closed.push('real');
      }
    }
    const [leader, follower] = [world.join(Unready), world.join(Unready)];
    await until(() => isListening(world.port), { what: 'the port to be taken' });
    await Promise.all([leader, follower].map((client) => cluster.close(client)));
    assert.deepEqual([closed.length >= 1, await isListening(world.port)], [true, false]);
    assertQuiet(world);
  });

  it('again is the same promise; what is called after it fails', async (t) => {
    const world = await sharedWorld(t);
    const [leader, follower] = await joinAll(world, 2);
    assert.ok(leader && follower);
    const events: string[] = [];
    follower.on('close', () => events.push('close'));
    const closing = follower.close();
    assert.equal(follower.close(), closing);
    assert.equal(cluster.close(follower), closing);
    await closing;
    const error = await failure(follower.echo(1));
    assert.deepEqual([error.code, error.name, events], [RpcCode.Closed, 'SocketCloseError', ['close']]);
    assert.equal(follower.isClusterClientLeader, undefined);
    assert.equal(await leader.echo('not disturbed'), 'not disturbed');
  });

  it('ends the line to a Leader that has said goodbye and still owes answers', async (t) => {
    const world = await sharedWorld(t);
    const gate = deferred();
    class Slow extends Registry {
      async wait() {
        await gate.promise;
      }
    }
    const leader = world.join(Slow);
    await leader.ready();
    const follower = world.join(Slow, { options: { responseTimeout: 300, isLeader: false } });
    await follower.ready();
    const call = failure(follower.wait());
    const isLost = untilEvent(follower, 'close', { what: 'the Leader to say goodbye' });
    const closing = leader.close();
    await isLost;
    await follower.close();
    const error = await call;
    assert.ok(['ResponseTimeoutError', 'SocketCloseError'].includes(error.name), error.name);
    gate.resolve();
    await closing;
    assertQuiet(world);
  });
});
