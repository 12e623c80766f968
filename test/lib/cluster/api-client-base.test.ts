import assert from 'node:assert/strict';
import type { EventEmitter } from 'node:events';
import { describe, it, type TestContext } from 'node:test';
import { APIClientBase, type APIClientOptions } from '../../../lib/cluster/api-client-base.js';
import { cluster } from '../../../lib/cluster/cluster.js';
import { RpcCode } from '../../../lib/errors.js';
import { Registry, sharedWorld } from '../../behaviour/shared-client-support.js';
import { failure } from '../../behaviour/support.js';
import { untilEvent } from '../../support/until.js';

async function setUp(t: TestContext) {
  const world = await sharedWorld(t);
  class Api extends APIClientBase {
    override get DataClient() {
      return Registry;
    }
    override get clusterOptions() {
      return { ...world.options, name: 'of-the-api' };
    }
    override get delegates() {
      return { later: 'invoke', note: 'invokeOneway' } as const;
    }
    /** With a cache in front, say. */
    async get(key: string): Promise<unknown> {
      return { api: await this._client.get(key) };
    }
    later(value: unknown): Promise<unknown> {
      return this._client.later(value);
    }
  }
  const create = <T extends APIClientBase>(
    Class: new (options?: APIClientOptions) => T,
    options?: APIClientOptions,
  ) => {
    const api = new Class(options);
    t.after(() => api.close().catch(() => {}));
    return api;
  };
  return { world, Api, create };
}

describe('APIClientBase', () => {
  it('has the shared client behind it', async (t) => {
    const { Api, create } = await setUp(t);
    const [leader, follower] = [create(Api, { host: 'a' }), create(Api)];
    await Promise.all([leader.ready(), follower.ready()]);
    assert.deepEqual([leader.isClusterClientLeader, follower.isClusterClientLeader], [true, false]);
    assert.deepEqual(await follower.get('k'), { api: { key: 'k', from: process.pid } });
    assert.equal(await follower.later('delegated'), 'delegated');
    assert.deepEqual(Registry.latest?.args, [{ host: 'a' }]);
    assert.deepEqual(leader.options, { host: 'a' });
  });

  it('passes on the events of its client', async (t) => {
    const { Api, create } = await setUp(t);
    const api = create(Api);
    await api.ready();
    const changed = untilEvent(api, 'changed', { what: 'the event' });
    Registry.latest?.emit('changed', 1, 2);
    assert.deepEqual(await changed, [1, 2]);
    const errors: string[] = [];
    api.on('error', (error) => errors.push(String(error)));
    Registry.latest?.emit('error', new Error('of the real client'));
    assert.deepEqual(errors, ['Error: of the real client']);
  });

  it('is closed, with its client', async (t) => {
    const { world, Api, create } = await setUp(t);
    const api = create(Api);
    await api.ready();
    await api.close();
    assert.deepEqual(Registry.latest?.told, ['close']);
    assert.equal((await failure(api.get('k'))).code, RpcCode.Closed);
    assert.deepEqual([world.log, world.errors], [[], []]);
  });

  it('may become ready by a method of its own, once its constructor is through', async (t) => {
    const { Api, create } = await setUp(t);
    const steps: string[] = [];
    class Initialised extends Api {
      readonly field = steps.push('constructed');
      async init() {
        await this._client.ready();
        steps.push(`init ${this.field}`);
      }
    }
    const api = create(Initialised, { initMethod: 'init' });
    await api.ready();
    assert.deepEqual(steps, ['constructed', 'init 1']);
    class Failing extends Api {
      init() {
        throw new Error('not today');
      }
    }
    assert.equal((await failure(create(Failing, { initMethod: 'init' }).ready())).message, 'not today');
    assert.throws(() => new Api({ initMethod: 'missing' }), { code: RpcCode.InvalidArgument, message: /missing/ });
  });

  it('is not ready when its client is not', async (t) => {
    const { world, create } = await setUp(t);
    class Failing extends APIClientBase {
      override get DataClient() {
        return class Broken {
          constructor() {
            throw new Error('no such host');
          }
        };
      }
      override get clusterOptions() {
        return world.options;
      }
    }
    assert.equal((await failure(create(Failing).ready())).message, 'no such host');
  });

  it("has its client made by the option cluster, as Egg's", async (t) => {
    const { Api, create, world } = await setUp(t);
    const asked: unknown[] = [];
    const api = create(Api, {
      cluster: (clientClass, options) => {
        asked.push(clientClass, options?.name);
        return cluster(clientClass, { ...options, name: 'by the framework' });
      },
    });
    await api.ready();
    assert.deepEqual(asked, [Registry, 'of-the-api']);
    const other = world.join(Registry, { options: { name: 'by the framework', isLeader: false } });
    assert.deepEqual(await other.echo('same'), 'same');
  });

  it('wants a class to make its client of', () => {
    class Empty extends APIClientBase {}
    assert.throws(() => new Empty(), { code: RpcCode.InvalidArgument, message: /DataClient/ });
    assert.equal(cluster.APIClientBase, APIClientBase);
  });

  it('is an emitter', async (t) => {
    const { Api, create } = await setUp(t);
    const api: Pick<EventEmitter, 'setMaxListeners'> & APIClientBase = create(Api) as never;
    assert.equal(api.setMaxListeners(100), api);
  });
});
