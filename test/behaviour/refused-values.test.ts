import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runInNewContext } from 'node:vm';
import { untilEvent } from '../support/until.js';
import { Registry, sharedWorld, subscribed } from './shared-client-support.js';
import { call, failure, serve } from './support.js';

/** Values that no codec carries, each with a part of the reason. */
const REFUSED: readonly (readonly [what: string, value: unknown, why: RegExp])[] = [
  ['a RegExp', /a+/g, /is a RegExp, .*send its source and flags as texts/],
  ['a RegExp of another realm', runInNewContext('/a+/g'), /is a RegExp, .*send its source and flags as texts/],
  ['an iterator', new Map([[1, 2]]).keys(), /is a Map Iterator, /],
  ['a built-in object', Math, /is a Math, /],
];
const TOO_DEEP: unknown = Array.from({ length: 2_000 }).reduce((inner) => ({ inner }), 1);

describe('a value that cannot be carried is refused with its path', () => {
  for (const [what, value, why] of [
    ...REFUSED,
    ['a deep value', TOO_DEEP, /is nested deeper than 1000 levels/] as const,
  ]) {
    for (const codecs of [['msgpack'], ['json']] as const) {
      it(`${what}, as an argument, as the meta and as a result, with ${codecs}`, async (t) => {
        let made = 0;
        const served = await serve(t, {
          echo: (given: unknown) => {
            made += 1;
            return given;
          },
          give: () => ({ list: [value] }),
        });
        const { calls } = await call(t, [served], { codecs: [...codecs] });
        const unsent = [
          [await failure(calls.echo(null, 1, { list: [value] })), /args\[1\]\.list\[0\]/],
          [await failure(calls.echo.with({ meta: { word: value } })(null, 1)), /meta\.word/],
        ] as const;
        for (const [error, path] of unsent) {
          assert.deepEqual([error.code, error.delivery], ['ERR_RPC_ENCODE', 'not-sent']);
          assert.match(error.message, path);
          assert.match(error.message, why);
        }
        const answered = await failure(calls.give(null));
        assert.deepEqual([answered.code, answered.delivery], ['ERR_RPC_ENCODE', 'answered']);
        assert.match(answered.message, /results?(\[0\])?\.list\[0\]/);
        assert.match(answered.message, why);
        assert.equal(made, 0);
        assert.equal(await calls.echo(null, 'goes on'), 'goes on');
      });
    }
  }

  for (const [what, value, why] of REFUSED) {
    it(`${what}, from a Follower of a shared client, from the real client, and as a published value`, async (t) => {
      const world = await sharedWorld(t);
      const leader = world.join(Registry);
      await leader.ready();
      const follower = world.join(Registry, { options: { isLeader: false } });
      const sent = await failure(follower.echo({ list: [value] }));
      assert.equal(sent.code, 'ERR_RPC_ENCODE');
      assert.match(sent.message, why);
      const real = Registry.latest ?? assert.fail('no real client');
      real.echo = async () => ({ list: [value] });
      const given = await failure(follower.echo(1));
      assert.equal(given.code, 'ERR_RPC_ENCODE');
      assert.match(given.message, why);

      follower.subscribe({ id: 'a' }, () => {});
      await subscribed('a');
      const isRefused = untilEvent(leader, 'error', { what: 'the refusal of the value' });
      real.give('a', { list: [value] });
      await isRefused;
      assert.match(String(world.errors.splice(0)[0]), why);
    });
  }
});

describe('values of another realm', () => {
  it('arrive as what they are', async (t) => {
    const served = await serve(t, { echo: (given: unknown) => given });
    const { calls } = await call(t, [served]);
    const sent = runInNewContext(`({
      floats: new Float32Array([0.5]), big: new BigInt64Array([-1n]), view: new DataView(new ArrayBuffer(2)),
      buffer: new ArrayBuffer(3), date: new Date(5), map: new Map([['a', new Set([1])]]), error: new TypeError('why'),
      bare: Object.assign(Object.create(null), { a: 1 }), list: [{ b: 2 }],
    })`);
    const got = (await calls.echo(null, sent)) as Record<string, unknown>;
    assert.deepEqual(got, {
      floats: new Float32Array([0.5]),
      big: new BigInt64Array([-1n]),
      view: new DataView(new ArrayBuffer(2)),
      buffer: new ArrayBuffer(3),
      date: new Date(5),
      map: new Map([['a', new Set([1])]]),
      error: got['error'],
      bare: { a: 1 },
      list: [{ b: 2 }],
    });
    assert.ok(got['error'] instanceof TypeError);
    assert.equal(got['error'].message, 'why');
  });
});
