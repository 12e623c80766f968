import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findCause, RpcError } from '../../index.js';
import { until } from '../support/until.js';
import { call, failure, overTransports, serve } from './support.js';

type Told = Error & Record<string, unknown>;

class OutOfStock extends Error {
  override name = 'OutOfStock';
  readonly code = 'E_STOCK';
  readonly left = 2;
  readonly wanted = { pens: 5, at: new Date(7) };
  readonly reserve = () => {};
}

/** Methods that fail, by what they fail with. */
const FAILURES: Record<string, () => unknown> = {
  fields: () => new OutOfStock('no pens'),
  causes: () =>
    new Error('a', { cause: new TypeError('b', { cause: new RangeError('c', { cause: new Error('d') }) }) }),
  gathered: () => new AggregateError([new TypeError('first'), 'second'], 'both failed'),
  valueAsCause: () => new Error('m', { cause: { rows: [1, 2], at: new Date(3) } }),
  functionAsCause: () => new Error('outer', { cause: () => {} }),
  ownCause: () => {
    const error = new Error('round');
    error.cause = new Error('and round', { cause: error });
    return error;
  },
  object: () => ({ statusCode: 404, message: 'no such page', page: { id: 7 } }),
  array: () => [1, 2],
  text: () => 'plain words',
  number: () => 42,
  nothing: () => undefined,
  symbol: () => Symbol('s'),
  frozen: () => Object.freeze(new Error('cold')),
  getters: () =>
    Object.defineProperties(new Error('m'), {
      message: {
        get() {
          throw new Error('unreadable');
        },
      },
      field: {
        enumerable: true,
        get() {
          throw new Error('unreadable');
        },
      },
    }),
  symbolCode: () => Object.assign(new Error('m'), { code: Symbol('c') }),
  objectCode: () =>
    Object.assign(new TypeError('m'), { code: { group: 1 }, cause: Object.assign(new Error('c'), { code: false }) }),
  nullCode: () => Object.assign(new Error('m'), { code: null }),
  thrownObjectCode: () => ({ message: 'm', code: [1] }),
  oddNumber: () => Object.assign(new Error('m'), { code: Number.NaN }),
  socket: () => {
    const socket: Record<string, unknown> = { parts: new Array(20).fill({ deep: {} }) };
    socket['self'] = socket;
    return Object.assign(new Error('reset'), { socket, status: 5 });
  },
  large: () => Object.assign(new Error('m'), { dump: Buffer.alloc(1_000_000), id: 7 }),
  long: () => new Error('L'.repeat(200_000)),
  longer: () => Object.assign(new Error('H'.repeat(5_000_000)), { code: 'E_LONG', extra: 1 }),
};

const throwing = Object.fromEntries(
  Object.entries(FAILURES).map(([name, make]) => [
    name,
    () => {
      throw make();
    },
  ]),
);

describe('the error of a method at its caller', () => {
  overTransports((transport) => {
    for (const codec of ['msgpack', 'json'] as const) {
      it(`has fields, causes and gathered errors, through ${codec}`, async (t) => {
        const { calls } = await call(t, [await serve(t, throwing, { transport })], { codecs: [codec] });
        const causeOf = async (name: string) => (await failure(calls[name](null))).cause as Told;
        const told = await causeOf('fields');
        assert.deepEqual([told.name, told.message, told['code']], ['OutOfStock', 'no pens', 'E_STOCK']);
        assert.deepEqual([told['left'], 'reserve' in told], [2, false]);
        if (codec === 'msgpack') assert.deepEqual(told['wanted'], { pens: 5, at: new Date(7) });
        const causes = await causeOf('causes');
        assert.equal(((causes.cause as Error).cause as Error & { cause: Error }).cause.message, 'd');
        assert.ok(causes.cause instanceof TypeError);
        const gathered: Error = await causeOf('gathered');
        assert.ok(gathered instanceof AggregateError && gathered.errors[0] instanceof TypeError);
        assert.equal(gathered.errors[1], 'second');
      });
    }
  });

  it('is never hidden by a part that cannot travel, and the server names that part in its log', async (t) => {
    const served = await serve(t, throwing);
    const { calls } = await call(t, [served]);
    const causeOf = async (name: string) => (await failure(calls[name](null))).cause as Told;
    assert.deepEqual((await causeOf('valueAsCause')).cause, { rows: [1, 2], at: new Date(3) });
    for (const [name, message] of [
      ['functionAsCause', 'outer'],
      ['ownCause', 'round'],
      ['symbolCode', 'm'],
      ['oddNumber', 'm'],
      ['frozen', 'cold'],
    ] as const)
      assert.equal((await causeOf(name)).message, message);
    assert.ok((await causeOf('getters')) instanceof Error);
    const reset = await causeOf('socket');
    assert.deepEqual([reset.message, reset['status'], 'socket' in reset], ['reset', 5, false]);
    const large = await causeOf('large');
    assert.deepEqual([large['id'], 'dump' in large], [7, false]);
    await until(() => served.log.some((line) => /left out|without/.test(line)), { what: 'a line' });
    assert.match(
      served.log.join(),
      /"outer" of user\.service\.functionAsCause was sent to .* without \.cause: .* a function/,
    );
  });

  it('is an Error for each value that can be thrown', async (t) => {
    const { calls } = await call(t, [await serve(t, throwing)]);
    const causeOf = async (name: string) => (await failure(calls[name](null))).cause as Told;
    const page = await causeOf('object');
    assert.deepEqual([page.message, page['statusCode'], page['page']], ['no such page', 404, { id: 7 }]);
    assert.deepEqual(page.cause, FAILURES['object']?.());
    assert.deepEqual((await causeOf('array')).cause, [1, 2]);
    assert.equal((await causeOf('text')).message, 'plain words');
    const number = await causeOf('number');
    assert.deepEqual([number.message, number.cause], ['failed with 42', 42]);
    for (const name of ['nothing', 'symbol']) assert.ok((await causeOf(name)) instanceof Error);
  });

  it('has its code whatever the type of the code is, as a value too', async (t) => {
    for (const codec of ['msgpack', 'json'] as const) {
      const served = await serve(t, { ...throwing, give: () => FAILURES['objectCode']?.() });
      const { calls } = await call(t, [served], { codecs: [codec] });
      const causeOf = async (name: string) => (await failure(calls[name](null))).cause as Told;
      const told = await causeOf('objectCode');
      assert.deepEqual([told['code'], (told.cause as Told)['code']], [{ group: 1 }, false]);
      assert.equal((await causeOf('nullCode'))['code'], null);
      assert.deepEqual((await causeOf('thrownObjectCode'))['code'], [1]);
      if (codec === 'msgpack') assert.deepEqual((await calls.give(null)).code, { group: 1 });
    }
  });

  it('arrives with a message of 200,000 characters, and with the beginning of a message that no frame holds', async (t) => {
    const served = await serve(t, throwing);
    const { calls } = await call(t, [served]);
    assert.equal(((await failure(calls.long(null))).cause as Error).message.length, 200_000);
    const error = await failure(calls.longer(null));
    const cause = error.cause as Told;
    assert.deepEqual([error.code, cause['code']], ['ERR_RPC_REMOTE', 'E_LONG']);
    assert.match(cause.message, /^HHHHH.*\.\.\.$/);
    await until(() => served.log.some((line) => line.includes('all but its beginning')), { what: 'the line' });
  });

  it('has no stack of the server, of a cause neither, unless the server exposes stacks', async (t) => {
    for (const exposeStack of [false, true]) {
      const { calls } = await call(t, [await serve(t, throwing, { exposeStack })]);
      const cause = (await failure(calls.causes(null))).cause as Error;
      for (let each: unknown = cause; each instanceof Error; each = each.cause)
        assert.equal(/\n +at .*error-parts/.test(String(each.stack)), exposeStack, each.message);
    }
  });
});

describe('an error that several services let through', () => {
  it('has its code among the causes, however many services there were', async (t) => {
    class NoMoney extends Error {
      override name = 'NoMoney';
      readonly code = 'E_NO_MONEY';
      readonly balance = 3;
    }
    let next: (() => Promise<unknown>) | undefined;
    for (let i = 0; i < 24; i++) {
      const further = next;
      const pay = async () => {
        if (further === undefined) throw new NoMoney('balance is 3');
        await further();
      };
      const { calls } = await call(t, [await serve(t, { pay }, { id: `s-${i}` })]);
      next = () => calls.pay(null);
    }
    const error = await failure((next as () => Promise<unknown>)());
    const found = findCause(error, 'E_NO_MONEY') as Told;
    assert.deepEqual([found.name, found.message, found['balance']], ['NoMoney', 'balance is 3', 3]);
    assert.equal(findCause(error, 'E_OTHER'), undefined);
    let levels = 0;
    for (let each: unknown = error; each instanceof Error; each = each.cause) levels += 1;
    assert.ok(levels <= 20, `the chain does not grow without end: ${levels}`);
    assert.ok(JSON.stringify(error).length < 60_000);
  });

  it('is an RpcError again, with the server, the method and the delivery of the call that failed', async (t) => {
    const inner = await call(t, [await serve(t, { never: () => new Promise(() => {}) }, { id: 'inner-1' })]);
    const outer = { late: () => inner.calls.never.with({ timeout: 50 })(null) };
    const { calls } = await call(t, [await serve(t, outer, { id: 'outer-1' })]);
    const error = await failure(calls.late(null));
    assert.deepEqual([error.code, error.serverId, error.delivery], ['ERR_RPC_REMOTE', 'outer-1', 'answered']);
    const cause = error.cause as RpcError;
    assert.ok(cause instanceof RpcError);
    assert.deepEqual([cause.code, cause.serverId, cause.method], ['ERR_RPC_TIMEOUT', 'inner-1', 'user.service.never']);
    assert.equal(cause.delivery, 'unknown');
    assert.equal(typeof cause.timing?.totalMs, 'number');
  });
});

describe('an RpcError in the log of its caller', () => {
  it('is JSON with its message, its fields and its causes, and without stacks', async (t) => {
    const { calls } = await call(t, [await serve(t, throwing)]);
    const error = await failure(calls.fields(null));
    const json = JSON.parse(JSON.stringify({ error })).error;
    assert.deepEqual([json.name, json.code, json.serverId], ['RpcError', 'ERR_RPC_REMOTE', 'test-1']);
    assert.match(json.message, /no pens/);
    assert.deepEqual([json.cause.name, json.cause.left, json.cause.stack], ['OutOfStock', 2, undefined]);
    const cyclic = new RpcError('ERR_RPC_REMOTE', 'm');
    cyclic.cause = Object.assign(new Error('c', { cause: cyclic }), { big: 1n, self: cyclic, f() {} });
    assert.deepEqual(JSON.parse(JSON.stringify(cyclic)).cause, { name: 'Error', message: 'c' });
  });

  it('has the frames of the function that awaited the call', async (t) => {
    const { calls } = await call(t, [await serve(t, throwing)]);
    async function orderPens() {
      await calls.fields(null);
    }
    async function returnsPromise() {
      return calls.fields(null);
    }
    async function amongOthers() {
      await Promise.all([1, calls.fields(null)]);
    }
    for (const run of [orderPens, returnsPromise, amongOthers]) {
      const waits = async () => {
        await run();
      };
      const stack = String((await failure(waits())).stack);
      assert.match(stack, /^RpcError: user\.service\.fields on test-1: no pens\n/);
      assert.match(stack, run === returnsPromise ? /at async waits/ : new RegExp(`at async ${run.name}`));
    }
  });
});
