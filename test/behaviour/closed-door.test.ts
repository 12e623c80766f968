import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { describe, it } from 'node:test';
import { createServer } from '../../server.js';
import { call, failure, keptLog, serve } from './support.js';

describe('the door is closed by default', () => {
  const wide = ['0.0.0.0', '::', '192.0.2.1', 'example.com', '127.0.0.1.example.com', '128.0.0.1', '::2'];
  for (const host of wide) {
    it(`listening on ${host} is refused, and needs insecure: true`, async () => {
      const server = createServer({ port: 0, host, logger: keptLog().logger });
      const error = await failure(server.start());
      assert.equal(error.code, 'ERR_RPC_INSECURE');
      assert.match(error.message, /insecure: true/);
      assert.equal(server.state, 'closed');
    });
  }

  for (const host of [undefined, '127.0.0.1', 'localhost', 'LOCALHOST', '::1', '127.0.0.2']) {
    it(`listening on ${host ?? 'nothing in particular'} is not`, async (t) => {
      const { server } = await serve(t, { f() {} }, host === undefined ? {} : { host });
      assert.match(server.host, /^127\.0\.0\.[12]$/);
    });
  }

  it('the start-up line says where it listens, and how far that reaches', async (t) => {
    const { log, port } = await serve(t, { f() {} });
    assert.deepEqual(log, [`mailstation: test-1 listens on tcp://127.0.0.1:${port}, reachable from this machine only`]);
    const open = await serve(t, { f() {} }, { host: '0.0.0.0', insecure: true, id: 'open-1' });
    assert.deepEqual(open.log, [
      `mailstation: open-1 listens on tcp://0.0.0.0:${open.port}, insecure: open to all that can connect`,
    ]);
  });

  it('nothing is called that is not a function of the service', async (t) => {
    class Base {
      inherited() {
        return 'inherited';
      }
      _inherited() {
        return 'secret';
      }
    }
    class Service extends Base {
      value = 5;
      list = [() => 'item'];
      own() {
        return 'own';
      }
      _private() {
        return 'secret';
      }
      get computed() {
        return () => 'computed';
      }
      static create() {
        return 'static';
      }
    }
    const served = await serve(t, new Service());
    const { client, calls } = await call(t, [served]);
    assert.deepEqual([await calls.own(null), await calls.inherited(null)], ['own', 'inherited']);

    const names = [
      ...['constructor', '__proto__', 'prototype', 'hasOwnProperty', 'toString', 'valueOf', 'isPrototypeOf'],
      ...['__defineGetter__', '__defineSetter__', '__lookupGetter__', 'propertyIsEnumerable', 'toLocaleString'],
      ...['_private', '_inherited', 'value', 'list', 'computed', 'create', 'list.0', 'nothing', ' own', 'own '],
    ];
    for (const method of names) {
      const msg = { namespace: 'user', serverType: 'test', service: 'service', method, args: ['x'] };
      const error = await failure(client.rpcInvoke('test-1', msg));
      assert.equal(error.code, 'ERR_RPC_NO_METHOD', `${method}: ${error.message}`);
    }
    for (const [namespace, service] of [
      ['__proto__', 'service'],
      ['user', '__proto__'],
      ['constructor', 'constructor'],
      ['', 'x'],
      ['user', 'constructor'],
    ]) {
      const msg = { namespace, serverType: 'test', service, method: 'own', args: [] } as Parameters<
        typeof client.rpcInvoke
      >[1];
      if (namespace === '') assert.throws(() => client.rpcInvoke('test-1', msg), { code: 'ERR_RPC_INVALID_ARGUMENT' });
      else assert.equal((await failure(client.rpcInvoke('test-1', msg))).code, 'ERR_RPC_NO_METHOD');
    }
    assert.equal(Object.getOwnPropertyNames(Object.prototype).includes('x'), false);
  });

  it('nobody can emit on a service that is an emitter', async (t) => {
    class Service extends EventEmitter {
      own() {
        return 'own';
      }
    }
    const served = await serve(t, new Service());
    const { calls } = await call(t, [served]);
    assert.equal(await calls.own(null), 'own');
    for (const method of ['emit', 'on', 'removeAllListeners', 'listenerCount']) {
      assert.equal((await failure(calls[method](null, 'x'))).code, 'ERR_RPC_NO_METHOD');
    }
  });

  it('a proxy asks for no method that JavaScript asks every object for', async (t) => {
    const served = await serve(t, { f: () => 1 });
    const { client, calls } = await call(t, [served]);
    for (const name of [
      'then',
      'catch',
      'finally',
      'toJSON',
      '_private',
      '__proto__',
      Symbol.iterator,
      Symbol.toPrimitive,
    ]) {
      assert.equal(calls[name as string], undefined, String(name));
    }
    assert.equal(await calls, calls, 'it can be awaited');
    assert.doesNotThrow(() => JSON.stringify(client.proxies));
  });

  it('an error crosses without its stack, unless the server exposes stacks', async (t) => {
    const service = {
      fail() {
        throw Object.assign(new RangeError('boom', { cause: new Error('below') }), { code: 'E_BOOM' });
      },
    };
    const closed = await serve(t, service);
    const error = await failure((await call(t, [closed])).calls.fail(null));
    assert.deepEqual(
      [error.code, error.delivery, error.message],
      ['ERR_RPC_REMOTE', 'answered', 'user.service.fail on test-1: boom'],
    );
    const remote = error.cause as Error & { code: string };
    assert.deepEqual([remote.name, remote.message, remote.code], ['RangeError', 'boom', 'E_BOOM']);
    assert.deepEqual([remote.stack, (remote.cause as Error).stack], ['RangeError: boom', 'Error: below']);

    const open = await serve(t, service, { exposeStack: true });
    const exposed = (await failure((await call(t, [open])).calls.fail(null))).cause as Error;
    assert.match(exposed.stack ?? '', /^RangeError: boom\n +at .*closed-door\.test\.ts/);
  });

  it('an error says what there is in place of what is missing', async (t) => {
    const served = await serve(t, { f() {}, g() {} });
    const { calls } = await call(t, [served]);
    const error = await failure(calls.h(null));
    assert.deepEqual(
      [error.code, error.delivery, error.serverId, error.method],
      ['ERR_RPC_NO_METHOD', 'answered', 'test-1', 'user.service.h'],
    );
    assert.match(error.message, /no such method: "h"; module user\.service has f, g/);
  });

  it('arguments and results are not logged', async (t) => {
    const SECRET = 'the secret argument';
    const served = await serve(t, {
      f: () => ({ SECRET, no: Symbol(SECRET) }),
      g: async () => Promise.reject(new Error('boom')),
    });
    const { calls, log } = await call(t, [served]);
    await failure(calls.f(null, SECRET));
    await failure(calls.g(null, SECRET));
    await failure(calls.nothing(null, SECRET));
    assert.equal([...served.log, ...log].join('\n').includes(SECRET), false);
  });
});
