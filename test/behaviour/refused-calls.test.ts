import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createClient } from '../../node-client.js';
import { expectNoLeaks } from '../support/leaks.js';
import { call, failure, serve } from './support.js';

// biome-ignore lint/suspicious/noExplicitAny: untyped proxies
type Any = any;

describe('a call that cannot be made is rejected, and never forgotten', () => {
  it('before the client has started', async (t) => {
    expectNoLeaks(t);
    const served = await serve(t, { f: () => 1 });
    const client = createClient();
    t.after(() => client.stop(true));
    client.addProxy({ namespace: 'user', serverType: 'test' });
    client.addServer(served.info);
    const { f } = (client.proxies as Any).user.test.service;
    for (const made of [f(null), f.toServer('test-1'), f.oneway(null), new Promise((_, reject) => f(null, reject))]) {
      const error = await failure(made);
      assert.deepEqual(
        [error.code, error.delivery, error.method],
        ['ERR_RPC_NOT_STARTED', 'not-sent', 'user.service.f'],
      );
    }
    const [outcome] = await f.broadcast();
    assert.equal(outcome.reason.code, 'ERR_RPC_NOT_STARTED');
    await client.start();
    assert.equal(await f(null), 1);
  });

  it('after the client has stopped', async (t) => {
    const served = await serve(t, { f: () => 1 });
    const { client, calls } = await call(t, [served]);
    await calls.f(null);
    await client.stop();
    const msg = { namespace: 'user', serverType: 'test', service: 'service', method: 'f', args: [] };
    for (const made of [
      calls.f(null),
      calls.f.toServer('test-1'),
      calls.f.oneway(null),
      client.rpcInvoke('test-1', msg),
    ]) {
      const error = await failure(made);
      assert.deepEqual([error.code, error.delivery], ['ERR_RPC_CLOSED', 'not-sent']);
    }
  });

  it('to a type of which there is no server', async (t) => {
    const { calls, client } = await call(t, []);
    const made = [calls.f(null), calls.f.toServer('*'), calls.f.broadcast(), calls.f.defaultRoute()];
    for (const error of await Promise.all(made.map(failure))) {
      assert.deepEqual([error.code, error.delivery, error.method], ['ERR_RPC_NO_SERVER', 'not-sent', 'user.service.f']);
      assert.match(error.message, /no server of type 'test' is known/);
    }
    const byId = await failure(calls.f.toServer('nobody-1'));
    assert.deepEqual([byId.code, byId.serverId], ['ERR_RPC_NO_SERVER', 'nobody-1']);
    const told = await new Promise<unknown[]>((resolve) =>
      calls.f.toServer('*', (...outcome: unknown[]) => resolve(outcome)),
    );
    assert.equal((told[0] as Error & { code: string }).code, 'ERR_RPC_NO_SERVER');
    void client;
  });

  for (const id of [undefined, null, 5, {}, '', ['test-1'], Symbol('id')]) {
    it(`to a server whose id is ${typeof id === 'symbol' ? 'a symbol' : (JSON.stringify(id) ?? 'undefined')}`, async (t) => {
      const served = await serve(t, { f: () => 1 });
      const { calls } = await call(t, [served]);
      for (const made of [calls.f.toServer(id, 1), calls.f.to(id)(1), calls.f.to(id, true)(1)]) {
        const error = await failure(made);
        assert.deepEqual([error.code, error.delivery], ['ERR_RPC_INVALID_ARGUMENT', 'not-sent']);
      }
    });
  }

  const routers: [what: string, router: () => unknown, code: string][] = [
    [
      'throws',
      () => {
        throw new Error('boom');
      },
      'ERR_RPC_ROUTE',
    ], // prettier-ignore
    ['rejects', () => Promise.reject(new Error('boom')), 'ERR_RPC_ROUTE'],
    ['names nobody', () => undefined, 'ERR_RPC_ROUTE'],
    ['names nobody later', async () => undefined, 'ERR_RPC_ROUTE'],
    ['names a stranger', () => 'nobody-1', 'ERR_RPC_NO_SERVER'],
    ['names a stranger later', async () => 'nobody-1', 'ERR_RPC_NO_SERVER'],
  ];
  for (const [what, router, code] of routers) {
    it(`when its router ${what}`, async (t) => {
      expectNoLeaks(t);
      const served = await serve(t, { f: () => 1 });
      const { calls } = await call(t, [served], { router: router as () => string });
      const error = await failure(calls.f(null));
      assert.deepEqual([error.code, error.delivery], [code, 'not-sent']);
      const [told] = await new Promise<unknown[]>((resolve) =>
        calls.f(null, (...outcome: unknown[]) => resolve(outcome)),
      );
      assert.equal((told as Error & { code: string }).code, code);
    });
  }
});
