import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { until } from '../support/until.js';
import { collect, joinAll, Registry, sharedWorld, subscribed } from './shared-client-support.js';
import { call, failure, overTransports, serve } from './support.js';

const CLASSES = [Array, Object, String, Number, Boolean, Date, Map, Set, Error];

/** Adds a `toJSON` to the classes of the language, as old libraries do, and replaces the functions of JSON. */
function patch(t: TestContext): void {
  const before = CLASSES.map(({ prototype }) => Object.getOwnPropertyDescriptor(prototype, 'toJSON'));
  const { stringify, parse } = JSON;
  t.after(() => {
    CLASSES.forEach(({ prototype }, at) => {
      delete (prototype as { toJSON?: unknown }).toJSON;
      const own = before[at];
      if (own !== undefined) Object.defineProperty(prototype, 'toJSON', own);
    });
    Object.assign(JSON, { stringify, parse });
  });
  for (const { prototype } of CLASSES)
    Object.defineProperty(prototype, 'toJSON', { value: () => 'patched', configurable: true, writable: true });
  Object.assign(JSON, { stringify: () => '"patched"', parse: () => ({ patched: true }) });
}

const VALUES = [[1, { list: [2] }], new Date(5), new Map([['a', [1]]]), { a: undefined }];

overTransports((transport) => {
  it('a process that other packages have patched makes calls, and gets values and errors as they are', async (t) => {
    patch(t);
    const fail = () => {
      throw Object.assign(new TypeError('no'), { code: 'E_NO', list: [1] });
    };
    const served = await serve(
      t,
      { echo: (...values: unknown[]) => values, fail },
      { transport, expectedErrors: ['E_NO'] },
    );
    const { calls } = await call(t, [served], { clientId: 'patched' });
    assert.deepEqual(await calls.echo(null, ...VALUES), VALUES);
    class Point {
      readonly xs = [1];
    }
    assert.deepEqual(await calls.echo(null, new Point()), [{ xs: [1] }]);
    const error = await failure(calls.fail(null));
    assert.deepEqual(
      [error.message, (error.cause as { code?: unknown }).code],
      ['user.service.fail on test-1: no', 'E_NO'],
    );
  });

  it('a patched process that asked for the codec json gets its values too', async (t) => {
    patch(t);
    const served = await serve(t, { echo: (value: unknown) => value }, { transport });
    const { calls } = await call(t, [served], { codecs: ['json'] });
    const value = { list: [1, ['a', null]], text: '"é"' };
    assert.deepEqual(await calls.echo(null, value), value);
  });
});

describe('shared clients of a patched process', () => {
  it('tell their subscriptions apart, and pass values', async (t) => {
    patch(t);
    const world = await sharedWorld(t);
    for (const client of await joinAll(world, 2)) {
      assert.deepEqual(await client.echo(VALUES), VALUES);
      const [a, b] = [collect(client, 'a'), collect(client, 'b')];
      await Promise.all([subscribed('a'), subscribed('b')]);
      Registry.latest?.give('b', [1]);
      await until(() => b.length > 0, { what: 'the value of b' });
      assert.deepEqual([a, b.at(-1)], [[], [1]]);
    }
  });
});
