import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RpcMessage } from '../../lib/rpc-message.js';
import type { Filter, FilterNext } from '../../station/index.js';
import { expectNoLeaks } from '../support/leaks.js';
import { until } from '../support/until.js';
import { call, failure, makeGate, serve, unusedPort } from './support.js';

const boom = new Error('boom');

describe('before filters', () => {
  it('see the server, the message and the options of a call', async (t) => {
    const served = await serve(t, { f: () => 1 });
    const { client, calls } = await call(t, [served]);
    const seen: unknown[] = [];
    client.before((serverId, msg, opts) => void seen.push(serverId, structuredClone(msg), opts));
    await calls.f.with({ timeout: 500, meta: { a: 1 } })({ uid: 5 }, 'x', 2);
    const msg = { namespace: 'user', serverType: 'test', service: 'service', method: 'f', args: ['x', 2] };
    assert.deepEqual(seen, ['test-1', msg, { timeout: 500, meta: { a: 1 } }]);
  });

  it('rewrite the message, in place or by another', async (t) => {
    const served = await serve(t, {
      f: (...args: unknown[]) => ['f', ...args],
      g: (...args: unknown[]) => ['g', ...args],
    });
    const { client, calls } = await call(t, [served]);
    client.before((_id, msg) => void msg.args.push('in place'));
    client.before((_id: string, msg: RpcMessage, _opts: unknown, next: FilterNext) =>
      next(null, { ...msg, method: 'g' }),
    );
    assert.deepEqual(await calls.f(null, 1), ['g', 1, 'in place']);
  });

  it('send a call to another server', async (t) => {
    const [one, two] = await Promise.all(['one-1', 'two-1'].map((id) => serve(t, { f: () => id }, { id })));
    assert.ok(one && two);
    const { client, calls } = await call(t, [one, two]);
    client.before((_id: string, _msg: RpcMessage, _opts: unknown, next: FilterNext) => next('two-1'));
    assert.equal(await calls.f.toServer('one-1'), 'two-1');
    client.before((_id: string, _msg: RpcMessage, _opts: unknown, next: FilterNext) => next('nobody-1'));
    const error = await failure(calls.f.toServer('one-1'));
    assert.deepEqual([error.code, error.serverId], ['ERR_RPC_NO_SERVER', 'nobody-1']);
  });

  it('change what travels as meta', async (t) => {
    const served = await serve(t, { f: () => 1 });
    const { client, calls } = await call(t, [served]);
    client.before((_id: string, msg: RpcMessage, opts: object, next: FilterNext) =>
      next(null, msg, { ...opts, meta: 'added' }),
    );
    assert.equal(await calls.f(null), 1);
  });

  const aborts: [how: string, filter: Filter][] = [
    ['next(error)', (_id, _msg, _opts, next) => next(boom)],
    [
      'throwing',
      () => {
        throw boom;
      },
    ], // prettier-ignore
    ['rejecting', () => Promise.reject(boom)],
  ];
  for (const [how, filter] of aborts) {
    it(`abort a call by ${how}: its caller is told, and the error handler too`, async (t) => {
      expectNoLeaks(t);
      let called = 0;
      const served = await serve(t, { f: () => called++ });
      const { client, calls } = await call(t, [served]);
      const told: unknown[] = [];
      client
        .before(filter)
        .setErrorHandler((error, serverId, msg, opts) => told.push(error, serverId, msg.method, opts));
      const error = await failure(calls.f(null, 1));
      assert.deepEqual(
        [error.code, error.delivery, error.serverId, error.cause],
        ['ERR_RPC_FILTER', 'not-sent', 'test-1', boom],
      );
      assert.deepEqual(told, [error, 'test-1', 'f', {}]);
      const [byCallback] = await new Promise<unknown[]>((resolve) =>
        calls.f(null, (...outcome: unknown[]) => resolve(outcome)),
      );
      assert.equal((byCallback as { code: string }).code, 'ERR_RPC_FILTER');
      assert.equal(called, 0);
    });
  }

  it('that leave a call without arguments fail that call, and strand no other', async (t) => {
    const port = await unusedPort(t);
    const { client, calls } = await call(t, [{ id: 'test-1', serverType: 'test', port }], { timeout: 3_000 });
    client.before((_id: string, msg: RpcMessage, _opts: unknown, next: FilterNext) => {
      next(null, msg.args[0] === 'spoil' ? ({ ...msg, args: undefined } as never) : msg);
    });
    const bad = failure(calls.f(null, 'spoil'));
    const good = calls.f(null, 'fine');
    await serve(t, { f: (text: string) => text }, { port });
    assert.equal(await good, 'fine');
    assert.match((await bad).code, /^ERR_RPC_(FILTER|ENCODE|INVALID_ARGUMENT)$/);
    const late = await failure(calls.f(null, 'spoil'));
    assert.match(late.code, /^ERR_RPC_(FILTER|ENCODE|INVALID_ARGUMENT)$/, 'on a connection that stands, too');
  });

  it('see the server’s type of a message that came without one, as pomelo’s pushes do', async (t) => {
    const served = await serve(t, { f: (text: string) => text });
    const { client } = await call(t, [served]);
    const seen: unknown[] = [];
    client.before((_id: string, msg: RpcMessage, _opts: unknown, next: FilterNext) => {
      seen.push(msg.serverType);
      const { serverType: _, ...untyped } = msg;
      next(null, msg.args[0] === 'untyped' ? (untyped as RpcMessage) : msg);
    });
    const push = { namespace: 'user', service: 'service', method: 'f' };
    assert.equal(await client.rpcInvoke('test-1', { ...push, args: ['pushed'] }), 'pushed');
    assert.equal(await client.rpcInvoke('test-1', { ...push, args: ['untyped'] }), 'untyped');
    const error = await failure(client.rpcInvoke('nobody', { ...push, args: [] }));
    assert.equal(error.code, 'ERR_RPC_NO_SERVER');
    assert.deepEqual(seen, ['test', 'test', ''], 'the last one is of no server that is known');
  });

  it('that leave a call without a message fail that call', async (t) => {
    const served = await serve(t, { f: () => 1 });
    const { client, calls } = await call(t, [served]);
    client.before((_id: string, _msg: RpcMessage, _opts: unknown, next: FilterNext) => next(null, 5 as never));
    assert.match((await failure(calls.f(null))).code, /^ERR_RPC_(FILTER|INVALID_ARGUMENT)$/);
  });

  it('are not run for calls that are refused before them', async (t) => {
    const { client, calls } = await call(t, []);
    let ran = 0;
    client.before(() => void ran++);
    await failure(calls.f(null));
    assert.equal(ran, 0);
  });

  it('count what they hold for routers that look at how busy a server is', async (t) => {
    const served = await Promise.all(['a-1', 'b-1'].map((id) => serve(t, { f: () => id }, { id })));
    const { client, calls } = await call(t, served, { routerType: 'la' });
    client.before(async () => {});
    const all: string[] = await Promise.all(Array.from({ length: 10 }, () => calls.f(null)));
    assert.equal(all.filter((id) => id === 'a-1').length, 5, all.join());
  });
});

describe('after filters', () => {
  it('run when the answer is there, and before the caller is told', async (t) => {
    const served = await serve(t, { f: () => 'result' });
    const { client, calls } = await call(t, [served]);
    const order: string[] = [];
    client.after(async (serverId, msg) => void order.push(`after ${serverId} ${msg.method}`));
    order.push(await calls.f(null));
    assert.deepEqual(order, ['after test-1 f', 'result']);
  });

  it('that fail give the caller their error in place of the answer, once', async (t) => {
    const served = await serve(t, { f: () => 'result' });
    const { client, calls } = await call(t, [served]);
    const told: unknown[] = [];
    client.after(() => Promise.reject(boom)).setErrorHandler((error) => told.push(error));
    const outcomes: unknown[][] = [];
    calls.f(null, (...outcome: unknown[]) => outcomes.push(outcome));
    await until(() => outcomes.length > 0, { what: 'the outcome' });
    const [error] = outcomes[0] as [{ code: string; delivery: string; cause: unknown }];
    assert.deepEqual([error.code, error.delivery, error.cause], ['ERR_RPC_FILTER', 'answered', boom]);
    assert.deepEqual([outcomes.length, told], [1, [error]]);
  });

  it('see every answer, that of a method that failed among them; and nothing where there is none', async (t) => {
    const served = await serve(t, { fail: () => Promise.reject(boom), f() {} });
    const { client, calls } = await call(t, [served]);
    const seen: string[] = [];
    client.after((_id, { method }) => void seen.push(method));
    assert.equal((await failure(calls.fail(null))).code, 'ERR_RPC_REMOTE');
    await calls.f.oneway(null);
    await failure(calls.f.toServer('nowhere'));
    assert.deepEqual(seen, ['fail']);
    await calls.f(null);
    assert.deepEqual(seen, ['fail', 'f']);
  });

  it('that take their time hold up nothing else', async (t) => {
    const gate = makeGate();
    const served = await serve(t, { f: (n: number) => n });
    const { client, calls } = await call(t, [served]);
    client.after((_id, msg) => (msg.args[0] === 1 ? gate.pass() : undefined));
    const slow = calls.f(null, 1);
    assert.equal(await calls.f(null, 2), 2);
    gate.open();
    assert.equal(await slow, 1);
  });
});

describe('filter()', () => {
  it('adds one that runs before and after', async (t) => {
    const served = await serve(t, { f: () => 1 });
    const { client, calls } = await call(t, [served]);
    const ran: string[] = [];
    client.filter({ name: 'log', before: () => void ran.push('before'), after: () => void ran.push('after') });
    await calls.f(null);
    assert.deepEqual(ran, ['before', 'after']);
  });

  it('takes a list, and runs it in its order', async (t) => {
    const served = await serve(t, { f: () => 1 });
    const { client, calls } = await call(t, [served]);
    const ran: string[] = [];
    const noting = (name: string) => () => void ran.push(name);
    client.filter([noting('a'), { before: noting('b') }, noting('c')]);
    await calls.f(null);
    assert.deepEqual(ran, ['a', 'b', 'c', 'a', 'c']);
  });
});
