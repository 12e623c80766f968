import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { OutgoingCall } from '../../lib/call/outgoing-call.js';
import { RpcCode, RpcError } from '../../lib/errors.js';
import { ProxyTree } from '../../proxy/index.js';
import { tick } from '../lib/transport/support.js';
import { fakeCaller } from './support.js';

function setUp() {
  const { sink, caller, onewayFailures } = fakeCaller();
  const proxies = new ProxyTree(caller, undefined, undefined);
  proxies.add({ namespace: 'user', serverType: 'test' });
  // biome-ignore lint/suspicious/noExplicitAny: untyped proxies
  const f = (proxies.tree as any).user.test.m.f;
  const fail = (code: RpcCode) => (call: OutgoingCall) =>
    void call.fail(new RpcError(code, 'no', { delivery: 'not-sent' }));
  return { sink, f, onewayFailures, fail };
}

const servers = ['a-1', 'b-1'].map((id) => ({ id, serverType: 'test', port: 1 }));

describe('a method proxy', () => {
  const forms: [form: string, seen: string, call: (f: ReturnType<typeof setUp>['f']) => unknown][] = [
    ['f(param, ...args)', 'route user.m.f(1,2)', (f) => f('param', 1, 2)],
    ['f.toServer(id, ...args)', 'a-1 user.m.f(1,2)', (f) => f.toServer('a-1', 1, 2)],
    ['f.to(id)(...args)', 'a-1 user.m.f(1,2)', (f) => f.to('a-1')(1, 2)],
    ['f.to(id, true)(...args)', 'a-1 user.m.f(1,2) one-way', (f) => f.to('a-1', true)(1, 2)],
    ['f.route(param)(...args)', 'route user.m.f(1,2)', (f) => f.route('param')(1, 2)],
    ['f.route(param, true)(...args)', 'route user.m.f(1,2) one-way', (f) => f.route('param', true)(1, 2)],
    ['f.defaultRoute(...args)', 'route user.m.f(1,2)', (f) => f.defaultRoute(1, 2)],
    ['f.oneway(param, ...args)', 'route user.m.f(1,2) one-way', (f) => f.oneway('param', 1, 2)],
    ['f.with({})(param, ...args)', 'route user.m.f(1,2)', (f) => f.with({})('param', 1, 2)],
  ];
  for (const [form, seen, call] of forms) {
    it(`makes a call as ${form}`, async () => {
      const { sink, f } = setUp();
      const returned = call(f);
      assert.ok(returned instanceof Promise, 'a native promise');
      await returned;
      assert.deepEqual(sink.seen, [seen]);
    });
  }

  it('routes by its parameter, and by nothing where it is told no parameter', async () => {
    const { sink, f } = setUp();
    await Promise.all([f('a', 1), f.route('b')(1), f.defaultRoute(1), f.toServer('x', 1)]);
    assert.deepEqual(
      sink.calls.map(({ routeParam }) => routeParam),
      ['a', 'b', undefined, undefined],
    );
  });

  it('has the options that were put together with `with`, each time a new one', async () => {
    const { sink, f } = setUp();
    const g = f.with({ timeout: 50 });
    const h = g.with({ idempotent: true });
    await Promise.all([f(null), g(null), h(null), h.toServer('a'), h.with({ timeout: 7 }).oneway(null)]);
    assert.deepEqual(
      sink.calls.map(({ timeout, options }) => [timeout, options.idempotent]),
      [
        [1_000, undefined],
        [50, undefined],
        [50, true],
        [50, true],
        [7, true],
      ],
    );
  });

  it('resolves with the first result, and with undefined where there is none', async () => {
    const { sink, f } = setUp();
    sink.settle = (call) => void call.succeed(['a', 'b']);
    assert.equal(await f(null), 'a');
    sink.settle = (call) => void call.succeed([]);
    assert.equal(await f(null), undefined);
  });

  it('takes a function at the end for a callback, and returns nothing then', async () => {
    const { sink, f } = setUp();
    const outcomes: unknown[][] = [];
    const callback = (...outcome: unknown[]) => outcomes.push(outcome);
    for (const call of [
      () => f(null, 1, callback),
      () => f.toServer('a-1', 1, callback),
      () => f.defaultRoute(1, callback),
    ]) {
      assert.equal(call(), undefined);
    }
    await new Promise((resolve) => setImmediate(resolve)); // a callback never runs before its call has returned
    assert.deepEqual(outcomes, [
      [null, 1],
      [null, 1],
      [null, 1],
    ]);
    assert.deepEqual(sink.calls[0]?.args, [1], 'and does not send it');
  });

  it('rejects, or calls back with the error alone', async () => {
    const { sink, f, fail } = setUp();
    sink.settle = fail(RpcCode.NoServer);
    await assert.rejects(f(null), { code: RpcCode.NoServer });
    const outcome = await new Promise<unknown[]>((resolve) => f(null, (...all: unknown[]) => resolve(all)));
    assert.deepEqual([outcome.length, (outcome[0] as RpcError).code], [1, RpcCode.NoServer]);
  });

  it('reports a one-way call that fails, which need not be caught as well', async () => {
    const { sink, f, onewayFailures, fail } = setUp();
    sink.settle = fail(RpcCode.Timeout);
    void f.oneway(null); // an unhandled rejection would fail the test
    await tick();
    assert.deepEqual(
      onewayFailures.map(({ code }) => code),
      [RpcCode.Timeout],
    );
    await assert.rejects(f.oneway(null), { code: RpcCode.Timeout });
  });

  it('fails a call to no server in particular', async () => {
    const { sink, f } = setUp();
    for (const id of [undefined, null, '', 5, {}]) {
      await assert.rejects(f.toServer(id), { code: RpcCode.InvalidArgument, delivery: 'not-sent' });
    }
    assert.deepEqual(sink.seen, []);
  });
});

describe("a method proxy's call to all", () => {
  it('is one call a server, in the roster’s order, each with arguments of its own', async () => {
    const { sink, f } = setUp();
    sink.knownServers = servers;
    const array = [1];
    const outcomes = await f.broadcast(array, 2);
    assert.deepEqual(sink.seen, ['a-1 user.m.f(1,2)', 'b-1 user.m.f(1,2)']);
    assert.deepEqual(outcomes, [
      { serverId: 'a-1', status: 'fulfilled', value: array },
      { serverId: 'b-1', status: 'fulfilled', value: array },
    ]);
    assert.notEqual(sink.calls[0]?.args, sink.calls[1]?.args);
  });

  it('leaves in the same tick as the calls around it', () => {
    const { sink, f } = setUp();
    sink.knownServers = servers;
    f.toServer('a-1', 'before');
    f.toServer('*', 'all');
    f.toServer('a-1', 'after');
    assert.deepEqual(
      sink.seen.filter((seen) => seen.startsWith('a-1')),
      ['a-1 user.m.f(before)', 'a-1 user.m.f(all)', 'a-1 user.m.f(after)'],
    );
  });

  it('settles with every outcome, whoever fails', async () => {
    const { sink, f, fail } = setUp();
    sink.knownServers = servers;
    const refuse = fail(RpcCode.ConnectionLost);
    sink.settle = (call) => (call.serverId === 'a-1' ? refuse(call) : void call.succeed(['fine']));
    const outcomes = await f.broadcast();
    assert.deepEqual(
      outcomes.map(({ status }: { status: string }) => status),
      ['rejected', 'fulfilled'],
    );
    assert.equal(outcomes[0].reason.code, RpcCode.ConnectionLost);
    const [error, all] = await new Promise<unknown[]>((resolve) =>
      f.toServer('*', (...given: unknown[]) => resolve(given)),
    );
    assert.equal((error as RpcError).code, RpcCode.ConnectionLost);
    assert.equal((all as unknown[]).length, 2);
  });

  it('is an error where there is no server of the type', async () => {
    const { f } = setUp();
    await assert.rejects(f.broadcast(), { code: RpcCode.NoServer, delivery: 'not-sent', method: 'user.m.f' });
    const outcome = await new Promise<unknown[]>((resolve) => f.toServer('*', (...all: unknown[]) => resolve(all)));
    assert.equal((outcome[0] as RpcError).code, RpcCode.NoServer);
  });

  it('has at most 256 calls in the air', async () => {
    const { sink, f } = setUp();
    sink.knownServers = Array.from({ length: 300 }, (_, n) => ({ id: `s-${n}`, serverType: 'test', port: 1 }));
    const open: OutgoingCall[] = [];
    sink.settle = (call) => void open.push(call);
    const done = f.broadcast();
    await tick();
    assert.equal(open.length, 256);
    for (let at = 0; at < 300; at++) {
      open[at]?.succeed([]);
      await tick();
    }
    assert.equal((await done).length, 300);
  });
});
