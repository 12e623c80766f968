import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import { describe, it } from 'node:test';
import { cluster as ours } from '../../lib/cluster/cluster.js';

import { until } from '../support/until.js';
import { sharedWorld } from './shared-client-support.js';
import { failure, keptLog, unusedPort } from './support.js';

const stock = createRequire(import.meta.url)('cluster-client') as typeof ours;

/** Fails to become ready as often as `failures` says. */
function registryThatFails(failures: number) {
  let made = 0;
  const closed: number[] = [];
  class Registry extends EventEmitter {
    readonly number = ++made;
    ready(callback: (error?: Error) => void): void {
      const down = Object.assign(new RangeError('the registry is down'), { code: 'E_DOWN' });
      setImmediate(callback, this.number > failures ? undefined : down);
    }
    async get(): Promise<number> {
      return this.number;
    }
    async close(): Promise<void> {
      closed.push(this.number);
    }
  }
  return { Registry, closed };
}

/** Emits `error` so often, and is ready when the test lets it be. */
function registryThatComplains(times: number) {
  let made = 0;
  let letReady = () => {};
  const allowed = new Promise<void>((resolve) => {
    letReady = resolve;
  });
  class Registry extends EventEmitter {
    readonly number = ++made;
    #timer: NodeJS.Immediate | undefined;
    constructor() {
      super();
      const complain = (left: number) => {
        if (left <= 0) return;
        this.emit('error', Object.assign(new RangeError('the registry is down'), { code: 'E_DOWN' }));
        this.#timer = setImmediate(complain, left - 1);
      };
      this.#timer = setImmediate(complain, Math.min(times, 20));
    }
    ready(callback: (error?: Error) => void): void {
      void allowed.then(() => callback());
    }
    async get(): Promise<number> {
      return this.number;
    }
    async close(): Promise<void> {
      clearImmediate(this.#timer);
    }
  }
  return { Registry, letReady: () => letReady() };
}

const fieldsOf = ({ name, message, code }: Error & { code?: unknown }) => [name, message, code];
const DOWN = ['RangeError', 'the registry is down', 'E_DOWN'];

describe('a real client that fails to start', () => {
  for (const [where, options] of [
    ['in the process that leads', {}],
    ['in single mode', { singleMode: true }],
  ] as const) {
    it(`gives every caller its own error at once, ${where}`, async (t) => {
      const world = await sharedWorld(t, options);
      const { Registry } = registryThatFails(Number.POSITIVE_INFINITY);
      const [first, second] = [world.join(Registry), world.join(Registry)];
      for (const client of [first, second]) {
        assert.deepEqual(fieldsOf(await failure(client.get())), DOWN);
        assert.deepEqual(fieldsOf(await failure(client.ready())), DOWN);
        assert.deepEqual(fieldsOf(await failure(client.get())), DOWN);
      }
    });

    it(`is closed, and another one is made, until one is ready, ${where}`, async (t) => {
      const world = await sharedWorld(t, options);
      const { Registry, closed } = registryThatFails(1);
      const [first, second] = [world.join(Registry), world.join(Registry)];
      await Promise.all([failure(first.ready()), failure(second.ready())]);
      await until(() => first.isReady && second.isReady, { what: 'the second real client' });
      assert.deepEqual([await first.get(), await second.get(), closed], [2, 2, [1]]);
      assert.equal(world.log.filter((line) => line.includes('failed to start')).length, 1, world.log.join('\n'));
    });
  }

  it('fails a Follower that only follows at once, and lets it in when another real client is ready', async (t) => {
    const world = await sharedWorld(t);
    const { Registry } = registryThatFails(1);
    const follower = world.join(Registry, { options: { isLeader: false } });
    const leader = world.join(Registry, { options: { isLeader: true } });
    assert.deepEqual(fieldsOf(await failure(follower.get())), DOWN);
    assert.deepEqual(fieldsOf(await failure(follower.ready())), DOWN);
    await until(() => follower.isReady, { what: 'the Follower' });
    assert.deepEqual([await follower.get(), leader.isClusterClientLeader], [2, true]);
  });

  // Without the check for leaks: a stock client leaves a timer.
  for (const [what, leads, follows] of [
    ['to a stock Follower, in the form that a stock Leader has', ours, stock],
    ['to a Follower of a stock Leader', stock, ours],
  ] as const) {
    it(`gives its error ${what}`, async (t) => {
      const { Registry } = registryThatFails(Number.POSITIVE_INFINITY);
      const { logger } = keptLog();
      const port = await unusedPort(t);
      const leader = leads(Registry, { port, isLeader: true, logger }).create();
      leader.on('error', () => {});
      await failure(leader.ready());
      const follower = follows(Registry, { port, isLeader: false, logger }).create();
      // The Follower first: a stock one would wait for the next Leader.
      t.after(() => follows.close(follower).finally(() => leads.close(leader)));
      assert.deepEqual(fieldsOf(await failure(follower.ready())), DOWN);
    });
  }

  for (const [where, options] of [
    ['in the process that leads', {}],
    ['in single mode', { singleMode: true }],
  ] as const) {
    it(`gives its last error where it only emits errors and is never ready, ${where}`, async (t) => {
      const world = await sharedWorld(t, { ...options, maxWaitTime: 300 });
      const { Registry } = registryThatComplains(Number.POSITIVE_INFINITY);
      const first = world.join(Registry);
      await until(() => world.errors.length > 0, { what: 'the first error' });
      const second = world.join(Registry);
      const got = [first.get(), first.ready(), second.get(), second.ready()].map(failure);
      for (const error of await Promise.all(got)) assert.deepEqual(fieldsOf(error), DOWN);
      assert.deepEqual(fieldsOf(await failure(first.get())), DOWN, 'a later call waits, and gets the error too');
    });

    it(`is used when it is ready after all, ${where}`, async (t) => {
      const world = await sharedWorld(t, { ...options, maxWaitTime: 100 });
      const { Registry, letReady } = registryThatComplains(1);
      const client = world.join(Registry);
      assert.deepEqual(fieldsOf(await failure(client.ready())), DOWN);
      letReady();
      await until(() => client.isReady, { what: 'the client' });
      assert.equal(await client.get(), 1);
    });

    it(`is named in the errors where it is never ready and emits nothing, ${where}`, async (t) => {
      const world = await sharedWorld(t, { ...options, maxWaitTime: 100 });
      const { Registry } = registryThatComplains(0);
      const client = world.join(Registry);
      const [late, call] = await Promise.all([failure(client.ready()), failure(client.get())]);
      assert.match(late.message, /: the real client in this process is not ready yet, and has emitted no error$/);
      assert.match(call.message, /the real client of Registry, in this process, was not ready after 100 ms/);
    });
  }

  it('gives its last error to Followers where it only emits errors and is never ready', async (t) => {
    const world = await sharedWorld(t, { maxWaitTime: 1_000 });
    const { Registry, letReady } = registryThatComplains(2);
    const leader = world.join(Registry, { options: { isLeader: true } });
    const follower = world.join(Registry, { options: { isLeader: false } });
    const got = [follower.get(), follower.ready(), leader.ready()].map(failure);
    for (const error of await Promise.all(got)) assert.deepEqual(fieldsOf(error), DOWN);
    assert.equal(world.log.filter((line) => line.includes('its last error: the registry is down')).length, 1);
    letReady();
    await until(() => follower.isReady, { what: 'the Follower' });
    assert.equal(await follower.get(), 1);
  });

  it('is named to Followers where it is never ready and emits nothing', async (t) => {
    const world = await sharedWorld(t, { maxWaitTime: 1_000 });
    const { Registry } = registryThatComplains(0);
    const leader = world.join(Registry, { options: { isLeader: true } });
    const late = await failure(world.join(Registry, { options: { isLeader: false } }).ready());
    assert.match(
      late.message,
      new RegExp(`: the real client of "Registry" in process ${process.pid} is not ready yet$`),
    );
    await leader.close();
  });

  it('ends with the shared client, and no further one is made', async (t) => {
    const world = await sharedWorld(t);
    const { Registry, closed } = registryThatFails(Number.POSITIVE_INFINITY);
    const client = world.join(Registry);
    await failure(client.ready());
    await client.close();
    assert.deepEqual(closed, [1]);
    assert.equal((await failure(client.get())).name, 'SocketCloseError');
  });
});
