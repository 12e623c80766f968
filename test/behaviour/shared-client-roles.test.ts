import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import asClusterClient from '../../compat/cluster-client.js';
import { cluster } from '../../lib/cluster/cluster.js';
import { until } from '../support/until.js';
import { collect, joinAll, Registry, sharedWorld, subscribed } from './shared-client-support.js';
import { failure } from './support.js';

class Point {
  readonly x = 1;
}

class Odd extends Registry {
  seen: unknown;
  async change(list: unknown[]): Promise<void> {
    list.push('changed');
  }
  async keep(value: unknown): Promise<void> {
    this.seen = value;
  }
  async count(...args: unknown[]): Promise<number> {
    return args.length;
  }
  async giveBack(what: string): Promise<unknown> {
    return what === 'a function' ? { save: () => {} } : Promise.reject(withCause());
  }
  async slow(): Promise<string> {
    await delay(500);
    return 'done';
  }
}

function withCause(): Error {
  return Object.assign(new RangeError('no', { cause: new TypeError('why') }), { code: 'E_NO' });
}

function circle(): unknown {
  const self: Record<string, unknown> = {};
  self['self'] = self;
  return self;
}

describe('a call in the process that leads is the same as in one that follows', () => {
  const REFUSED: Readonly<Record<string, () => unknown>> = {
    'a function': () => ({ f: () => {} }),
    'a cycle': circle,
    'a promise': () => ({ p: Promise.resolve() }),
  };
  for (const [what, value] of Object.entries(REFUSED)) {
    it(`refuses ${what}, in the same words`, async (t) => {
      const world = await sharedWorld(t);
      const [leader, follower] = await joinAll(world, 2);
      assert.ok(leader && follower);
      const [here, there] = [await failure(leader.echo(value())), await failure(follower.echo(value()))];
      assert.equal(here.message, there.message);
      assert.deepEqual([here.code, here.delivery], [there.code, there.delivery]);
      assert.match(here.message, /^echo on Registry: its arguments cannot be sent: args\[0\]/);
    });
  }

  it('refuses a result that cannot be sent, and gives errors with what travels of them', async (t) => {
    const world = await sharedWorld(t);
    const [leader, follower] = [world.join(Odd), world.join(Odd)];
    await leader.ready();
    for (const what of ['a function', 'an error']) {
      const [here, there] = [await failure(leader.giveBack(what)), await failure(follower.giveBack(what))];
      const fields = ({ name, message, code, cause }: Error & { code?: unknown }) => [name, message, code, `${cause}`];
      assert.deepEqual(fields(here), fields(there));
      assert.equal(here instanceof RangeError, there instanceof RangeError);
    }
    assert.match(
      String((await failure(leader.giveBack('an error'))).stack),
      /giveBack/,
      'the stack stays in the process',
    );
  });

  it('gets copies: of arguments, of results, and of what is published and subscribed to', async (t) => {
    const world = await sharedWorld(t);
    const client = world.join(Odd);
    await client.ready();
    const [list, point, reg] = [['mine'], new Point(), { id: 'a', value: { n: 1 } }];
    await client.change(list);
    assert.deepEqual(list, ['mine']);
    const back = (await client.echo(point)) as Point;
    assert.deepEqual([back instanceof Point, { ...back }], [false, { x: 1 }]);
    const values = collect(client, 'a');
    await subscribed('a');
    client.publish(reg);
    await until(() => values.length > 0, { what: 'the value' });
    const [published] = Registry.latest?.published ?? [];
    assert.deepEqual(published, reg);
    assert.notEqual(published, reg);
  });

  it('has as many arguments as were given', async (t) => {
    const world = await sharedWorld(t);
    const [leader, follower] = [world.join(Odd), world.join(Odd)];
    for (const client of [leader, follower])
      assert.deepEqual(
        [await client.count(), await client.count(undefined), await client.count(1, undefined)],
        [0, 1, 2],
      );
  });

  it('has responseTimeout as its deadline', async (t) => {
    for (const singleMode of [false, true]) {
      const world = await sharedWorld(t, { responseTimeout: 30, singleMode });
      const client = world.join(Odd);
      await client.ready();
      assert.equal((await failure(client.slow())).name, 'ResponseTimeoutError');
    }
  });
});

describe('the entry mailstation/cluster-client, in the process that leads', () => {
  for (const singleMode of [false, true]) {
    it(`shares objects and has no deadline, as cluster-client, singleMode: ${singleMode}`, async (t) => {
      const { options } = await sharedWorld(t, { responseTimeout: 30, singleMode });
      const client = asClusterClient(Odd, options).create();
      t.after(() => cluster.close(client));
      const [list, point, cyclic] = [['mine'], new Point(), circle()];
      await client.change(list);
      assert.deepEqual(list, ['mine', 'changed']);
      assert.equal(await client.echo(point), point);
      assert.equal(await client.echo(cyclic), cyclic);
      assert.equal(await client.slow(), 'done');
      assert.ok((await failure(client.giveBack('an error'))) instanceof RangeError);
    });
  }

  it('copies, and has a deadline, where the options say so', async (t) => {
    const { options } = await sharedWorld(t, { responseTimeout: 30, localCopies: true, localDeadline: true });
    const client = asClusterClient(Odd, options).create();
    t.after(() => cluster.close(client));
    const list = ['mine'];
    await client.change(list);
    assert.deepEqual(list, ['mine']);
    assert.equal((await failure(client.slow())).name, 'ResponseTimeoutError');
  });
});
