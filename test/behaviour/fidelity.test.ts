import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { VALUES } from './fixtures/values.js';
import { call, failure, overTransports, serve } from './support.js';

describe('values arrive as they were sent', () => {
  overTransports((transport) => {
    for (const [what, value] of Object.entries(VALUES)) {
      it(what, async (t) => {
        const seen: unknown[] = [];
        const echo = (given: unknown) => {
          seen.push(given);
          return given;
        };
        const served = await serve(t, { echo }, { transport });
        const { calls } = await call(t, [served]);
        const result = await calls.echo(null, value);
        assert.deepEqual(seen, [value]);
        assert.deepEqual(result, value);
      });
    }

    it('a Date that is none', async (t) => {
      const served = await serve(t, { echo: (given: unknown) => given }, { transport });
      const { calls } = await call(t, [served]);
      const got = await calls.echo(null, new Date(Number.NaN));
      assert.ok(got instanceof Date && Number.isNaN(got.getTime()));
    });

    it('an Error, with its name, message, code and cause', async (t) => {
      const served = await serve(t, { echo: (given: unknown) => given }, { transport });
      const { calls } = await call(t, [served]);
      const sent = Object.assign(new RangeError('boom', { cause: new TypeError('why') }), { code: 'E_BOOM' });
      const got = (await calls.echo(null, { errors: [sent] })).errors[0];
      assert.ok(got instanceof RangeError);
      assert.deepEqual(
        [got.message, (got as Error & { code: string }).code, (got.cause as Error).name],
        ['boom', 'E_BOOM', 'TypeError'],
      );
    });
  });

  it('any number of arguments, undefined ones among them', async (t) => {
    const served = await serve(t, { args: (...args: unknown[]) => args });
    const { calls } = await call(t, [served]);
    for (const args of [
      [],
      [undefined],
      [undefined, 1],
      [1, undefined],
      [null, undefined, null],
      new Array(300).fill(7),
    ]) {
      assert.deepEqual(await calls.args(null, ...args), args);
    }
  });

  it('any number of results', async (t) => {
    const service = { many: (results: unknown[], cb: (...all: unknown[]) => void) => cb(null, ...results) };
    const served = await serve(t, service, { callbacks: true });
    const { calls } = await call(t, [served]);
    for (const results of [[], [undefined, 1], [1, 2, 3], new Array(50).fill('x')]) {
      const outcome = await new Promise<unknown[]>((resolve) =>
        calls.many(null, results, (...all: unknown[]) => resolve(all)),
      );
      assert.deepEqual(outcome, [null, ...results]);
    }
  });

  it('with the json codec, what JSON can carry; and what it cannot is refused rather than bent', async (t) => {
    const served = await serve(t, { echo: (given: unknown) => given });
    const { calls } = await call(t, [served], { codecs: ['json'] });
    const plain = { a: [1, 'x', null, { b: true }] };
    assert.deepEqual(await calls.echo(null, plain), plain);
    for (const value of [new Map(), new Set(), 1n, Buffer.from('x'), Number.NaN, [undefined]]) {
      const error = await failure(calls.echo(null, value));
      assert.deepEqual([error.code, error.delivery], ['ERR_RPC_ENCODE', 'not-sent']);
    }
  });

  it('what is received is the receiver’s own', async (t) => {
    const kept: Buffer[] = [];
    const served = await serve(t, { keep: (given: Buffer) => void kept.push(given) });
    const { calls } = await call(t, [served]);
    await Promise.all(Array.from({ length: 50 }, (_, n) => calls.keep(null, Buffer.alloc(100, n))));
    for (const [n, bytes] of kept.entries())
      assert.ok(bytes.equals(Buffer.alloc(100, n)), `Buffer ${n} was overwritten`);
  });
});

describe('what cannot be carried fails its call alone', () => {
  const cycle: Record<string, unknown> = {};
  cycle['self'] = cycle;
  const throwing = {
    get field() {
      throw new Error('a getter that throws');
    },
  };
  const uncarried: [what: string, value: unknown, why: RegExp][] = [
    ['a function', { deep: [() => {}] }, /\.deep\[0\] is a function/],
    ['a symbol', Symbol('s'), /args\[1\] is a symbol/],
    ['a promise', { later: Promise.resolve(1) }, /\.later is a promise/],
    ['a WeakMap', new WeakMap(), /args\[1\] is a WeakMap/],
    ['a RegExp', { word: /a/ }, /\.word is a RegExp, .*send its source and flags as texts/],
    ['a cycle', cycle, /is a cycle/],
    ['a getter that throws', throwing, /a getter that throws/],
  ];

  for (const [what, value, why] of uncarried) {
    it(`${what} among the arguments`, async (t) => {
      let called = 0;
      const served = await serve(t, { f: () => ++called });
      const { calls } = await call(t, [served]);
      for (const when of ['while connecting', 'on a connection that stands']) {
        const [before, bad, after] = [
          calls.f(null, 'before'),
          failure(calls.f(null, 1, value, 2)),
          calls.f(null, 'after'),
        ];
        const error = await bad;
        assert.deepEqual([error.code, error.delivery], ['ERR_RPC_ENCODE', 'not-sent'], when);
        assert.match(error.message, why);
        await Promise.all([before, after]);
      }
      assert.equal(called, 4);
    });

    it(`${what} as the result`, async (t) => {
      const served = await serve(t, { f: () => ({ value }), g: () => 'fine' });
      const { calls, moves } = await call(t, [served]);
      const [bad, good] = [failure(calls.f(null)), calls.g(null)];
      const error = await bad;
      assert.deepEqual([error.code, error.delivery], ['ERR_RPC_ENCODE', 'answered']);
      assert.match(error.message, /the result cannot be sent/);
      assert.equal(await good, 'fine');
      assert.equal(moves.length, 2, 'on the same connection');
    });
  }

  it('a call that is made by an argument’s toJSON', async (t) => {
    const served = await serve(t, { f: (value: unknown) => value });
    const { calls } = await call(t, [served]);
    await calls.f(null);
    const inner: Promise<{ code?: string }>[] = [];
    const meddling = {
      toJSON() {
        inner.push(failure(calls.f(null, 'inner')));
        return 'outer';
      },
    };
    assert.equal(await calls.f(null, { meddling }).then((value: { meddling: unknown }) => value.meddling), 'outer');
    assert.equal((await inner[0])?.code, 'ERR_RPC_ENCODE');
  });

  it('an object that travels with a __proto__ changes no prototype', async (t) => {
    const served = await serve(t, { f: (value: object) => Object.getPrototypeOf(value) === Object.prototype });
    const { calls } = await call(t, [served]);
    const error = await failure(calls.f(null, JSON.parse('{"__proto__":{}}'))).catch(() => undefined);
    assert.ok(error === undefined || error.code === 'ERR_RPC_ENCODE');
  });
});
