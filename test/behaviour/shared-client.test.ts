import assert from 'node:assert/strict';
import type { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import { describe, it } from 'node:test';
import { cluster } from '../../lib/cluster/cluster.js';
import { RpcCode } from '../../lib/errors.js';
import { request } from '../lib/transport/support.js';
import { until, untilEvent } from '../support/until.js';
import { registeredCaller } from './raw-peers.js';
import { joinAll, Registry, sharedWorld } from './shared-client-support.js';
import { failure } from './support.js';

const SdkBase = createRequire(import.meta.url)('sdk-base') as new (
  options?: object,
) => EventEmitter & {
  ready(state?: unknown): Promise<void>;
};

describe('a shared client', () => {
  it('has one real client, made with the arguments of whoever leads', async (t) => {
    const world = await sharedWorld(t);
    const [leader, follower] = [
      world.join(Registry, { args: [{ host: 'a' }, 1] }),
      world.join(Registry, { args: [{ host: 'b' }, 2] }),
    ];
    assert.equal(follower.isClusterClientLeader, undefined);
    await Promise.all([leader.ready(), follower.ready()]);
    assert.deepEqual([leader.isClusterClientLeader, follower.isClusterClientLeader], [true, false]);
    assert.deepEqual(Registry.latest?.args, [{ host: 'a' }, 1]);
    assert.deepEqual([world.log, world.errors], [[], []]);
  });

  it('may be used before it is ready', async (t) => {
    const world = await sharedWorld(t);
    const values = [world.join(Registry), world.join(Registry)].map((client) => client.echo('early'));
    assert.deepEqual(await Promise.all(values), ['early', 'early']);
  });

  for (const who of ['leader', 'follower'] as const) {
    const client = async (t: Parameters<typeof sharedWorld>[0]) => {
      const world = await sharedWorld(t);
      const build = (builder: ReturnType<typeof cluster<typeof Registry>>) => {
        for (const name of ['later', 'throws', 'missing']) if (name in Registry.prototype) builder.delegate(name);
        builder.delegate('note', 'invokeOneway').delegate('reject', 'invokeOneway').override('version', 7);
      };
      const all = await joinAll(world, 2, { build });
      // biome-ignore lint/suspicious/noExplicitAny: calls with callbacks are not in the class's types
      return { client: all[who === 'leader' ? 0 : 1] as any, world };
    };

    it(`answers by promise, callback and generator, as the ${who}`, async (t) => {
      const { client: shared } = await client(t);
      assert.deepEqual(await shared.get('k'), { key: 'k', from: process.pid });
      assert.deepEqual(await shared.later('value'), 'value');
      assert.deepEqual(await shared.generate('given').next().value, ['given', 'yielded']);
      const results = await new Promise((resolve) => {
        let isReturned = false;
        const returned = shared.later('value', (...given: unknown[]) => resolve([isReturned, given]));
        isReturned = true;
        assert.equal(returned, undefined);
      });
      assert.deepEqual(results, [true, [null, 'value', 'more']]);
    });

    it(`fails with the real client's own errors, as the ${who}`, async (t) => {
      const { client: shared } = await client(t);
      const error = await failure(shared.fail('no such key'));
      assert.deepEqual([error.name, error.message, error.code], ['TypeError', 'no such key', 'E_FAILED']);
      assert.equal((await failure(shared.throws())).message, 'thrown at once');
      assert.equal((await failure(shared.later('bad'))).message, 'by callback');
      const byCallback = await new Promise<Error>((resolve) => shared.fail('no such key', resolve));
      assert.equal(byCallback.message, 'no such key');
      assert.deepEqual(await shared.echo('still there'), 'still there');
    });

    it(`returns nothing from a one-way call, and logs its failure where it ran, as the ${who}`, async (t) => {
      const { client: shared, world } = await client(t);
      assert.equal(shared.note('noted'), undefined);
      await until(() => Registry.latest?.told.includes('noted'), { what: 'the one-way call' });
      assert.equal(shared.reject(), undefined);
      await until(() => world.log.length > 0, { what: 'the log line' });
      assert.match(world.log[0] as string, /Registry\.reject.* one-way, failed: .*nobody waits/s);
      assert.equal(await shared.echo(1), 1);
    });

    it(`has what was overridden, as the ${who}`, async (t) => {
      const { client: shared } = await client(t);
      assert.equal(shared.version, 7);
    });
  }

  it('delegates nothing by itself without autoGenerate', async (t) => {
    const world = await sharedWorld(t, { autoGenerate: false });
    const client = world.join(Registry, { build: (builder) => builder.delegate('echo') });
    assert.equal(await client.echo(1), 1);
    assert.deepEqual([client.get, client.subscribe], [undefined, undefined]);
    // Its own, which closes it all the same.
    await client.close();
    assert.deepEqual(Registry.latest?.told, []);
  });

  it('refuses to be made of what it cannot delegate', async (t) => {
    const world = await sharedWorld(t);
    const refused = { code: RpcCode.InvalidArgument };
    assert.throws(() => cluster('Registry' as never), refused);
    assert.throws(() => cluster(Registry, world.options).delegate('get', 'nothing' as never), refused);
    assert.throws(() => cluster(Registry, world.options).delegate('missing').create(), {
      ...refused,
      message: /missing not implement in client Registry/,
    });
    assert.throws(() => void cluster.close({}), refused);
  });

  it("re-emits the real client's events on the Leader's client", async (t) => {
    const world = await sharedWorld(t);
    const [leader] = await joinAll(world, 2);
    const changed = untilEvent(leader as never, 'changed', { what: 'the event' });
    Registry.latest?.emit('changed', 1, 2);
    assert.deepEqual(await changed, [1, 2]);
    Registry.latest?.emit('error', new Error('of the real client'));
    assert.deepEqual(world.errors.map(String), ['Error: of the real client']);
  });
});

describe('a shared client of', () => {
  it('sdk-base waits until that is ready', async (t) => {
    let open = () => {};
    class Sdk extends SdkBase {
      constructor() {
        super({ initMethod: 'init' });
      }
      init() {
        return new Promise<void>((resolve) => {
          open = resolve;
        });
      }
      async get() {
        return 'got';
      }
    }
    const world = await sharedWorld(t);
    const [leader, follower] = [world.join(Sdk), world.join(Sdk)];
    let isReady = false;
    const ready = Promise.all([leader.ready(), follower.ready()]).then(() => {
      isReady = true;
    });
    const got = follower.get();
    await until(() => open.name !== 'open', { what: 'its init' });
    await new Promise((resolve) => setTimeout(resolve, 30));
    assert.equal(isReady, false);
    open();
    await ready;
    assert.equal(await got, 'got');
    assert.deepEqual(world.log, []);
  });

  it('a plain class needs neither `ready`, events nor `close`', async (t) => {
    class Plain {
      async get() {
        return 'got';
      }
    }
    const world = await sharedWorld(t);
    const [leader, follower] = [world.join(Plain), world.join(Plain)];
    assert.deepEqual(await Promise.all([leader.get(), follower.get()]), ['got', 'got']);
  });

  for (const [what, Failing] of Object.entries({
    'a constructor that throws': class Failing {
      constructor() {
        throw Object.assign(new Error('no such host'), { code: 'E_HOST' });
      }
      async get() {}
    },
    'a `ready` that fails': class Failing {
      ready() {
        return Promise.reject(Object.assign(new Error('no such host'), { code: 'E_HOST' }));
      }
      async get() {}
    },
  })) {
    it(`${what} is not ready, nor are its Followers, and both get its error`, async (t) => {
      const world = await sharedWorld(t);
      const leader = world.join(Failing);
      const error = await failure(leader.ready());
      assert.deepEqual([error.message, error.code], ['no such host', 'E_HOST']);
      assert.equal((await failure(leader.get())).message, 'no such host');
      assert.equal(leader.isClusterClientLeader, undefined);
      const follower = world.join(Failing, { options: { isLeader: false } });
      const why = await failure(follower.ready());
      assert.deepEqual([why.message, why.code], ['no such host', 'E_HOST']);
    });
  }

  it('one that fails emits an error where nobody waits for it to be ready', async (t) => {
    class Failing {
      constructor() {
        throw new Error('no such host');
      }
    }
    const world = await sharedWorld(t);
    world.join(Failing);
    await until(() => world.errors.length > 0, { what: 'the error' });
    assert.deepEqual(world.errors.map(String), ['Error: no such host']);
  });
});

describe('only delegated methods', () => {
  it('can be called by name, whatever a peer asks for', async (t) => {
    const world = await sharedWorld(t);
    const [leader] = await joinAll(world, 1);
    const peer = await registeredCaller(t, world.port, 'Registry');
    const names = [
      'close',
      'emit',
      'on',
      'removeAllListeners',
      'constructor',
      '__proto__',
      'toString',
      'subscribe',
      '',
    ];
    for (const [n, method] of names.entries()) {
      const oneway = n % 2 === 1;
      peer.write(request(10 + 2 * n, { type: 'invoke', method, argLength: 0, oneway: false }));
      if (oneway) peer.write(request(11 + 2 * n, { type: 'invoke', method, argLength: 0, oneway }));
      const answer = await peer.next();
      assert.deepEqual([answer.id, answer.head.success], [10 + 2 * n, false], method);
      assert.match(
        String(answer.body),
        method === '' ? /ERR_RPC/ : /is not a delegated method of Registry; these are:/,
      );
    }
    assert.deepEqual(Registry.latest?.told, []);
    assert.equal(await leader?.echo(1), 1);
  });

  it('are told to who calls another, as by a newer version of the application', async (t) => {
    const world = await sharedWorld(t);
    await joinAll(world, 1);
    class Newer extends Registry {
      async newer() {}
    }
    const follower = world.join(Newer, { options: { name: 'Registry' } });
    const error = await failure(follower.newer());
    assert.equal(error.code, RpcCode.NoMethod);
    assert.match(error.message, /"newer" is not a delegated method of Registry; these are: publish, get, echo/);
    assert.equal(await follower.echo('known'), 'known');
  });
});
