import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { describe, it, mock, type TestContext } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { format, inspect, isDeepStrictEqual, promisify } from 'node:util';
import lodash from 'lodash';
import { type Client, createClient } from '../../node-client.js';
import { until } from '../support/until.js';
import { call, failure, keptLog, serve } from './support.js';

// biome-ignore lint/suspicious/noExplicitAny: untyped proxies
type Any = any;

const GENERATED = new URL('./fixtures/plain-module.ts', import.meta.url);

/** A client with proxies on demand (`user`) and generated ones (`made`), and the names of the calls that it makes. */
async function asked(t: TestContext): Promise<{ client: Client; calls: string[]; levels: Any[] }> {
  const calls: string[] = [];
  const client = createClient({ logger: keptLog().logger, timeout: 50 });
  t.after(() => client.stop(true));
  client.addProxies([
    { namespace: 'user', serverType: 'test' },
    { namespace: 'made', serverType: 'test', path: GENERATED },
  ]);
  client.before((_id: unknown, msg: Any, _options: unknown, next: () => void) => {
    calls.push(`${msg.service}.${msg.method}`);
    next();
  });
  await client.start();
  const proxies = client.proxies as Any;
  const levels = [proxies, proxies.user, proxies.user.test, proxies.user.test.m, proxies.made.test, proxies.missing];
  return { client, calls, levels: [...levels, proxies.made.test['plain-module'], proxies.missing.test.m] };
}

describe('what the language and its tools ask of any object', () => {
  const questions: Record<string, (level: Any) => unknown> = {
    'to be awaited': async (level) => assert.equal(await level, level),
    'to be returned by a promise': (level) => Promise.resolve().then(() => level),
    'a text': (level) => [`${level}`, String(level), level.toString(), level.toLocaleString(), `${level.valueOf()}`],
    'a number': (level) => [Number(level), level > 1, level === 1],
    JSON: (level) => JSON.stringify({ level }),
    'to be printed': (level) => [
      inspect(level),
      inspect(level, { showProxy: true, depth: 9 }),
      format('%s %o', level, level),
    ],
    'its properties': (level) => {
      for (const name in level) void level[name];
      return [{ ...level }, Object.assign({}, level), Object.entries(level), Object.hasOwn(level, 'f')];
    },
    'whether it has a property': (level) => [Object.hasOwn(level, 'f'), 'f' in level, 'then' in level],
    'its class': (level) => [level instanceof Promise, level.constructor.name, Object.getPrototypeOf(level)],
    'whether it is equal': (level) => [
      isDeepStrictEqual(level, {}),
      lodash.isEqual(level, { a: 1 }),
      lodash.isEqual(level, level),
    ],
    'a copy': (level) => [
      lodash.clone(level),
      lodash.cloneDeep(level),
      lodash.isEmpty(level),
      lodash.isPlainObject(level),
    ],
    'to be iterated': (level) => assert.throws(() => [...level], TypeError),
    'the hooks of containers': async (level) => {
      const hooks = ['onModuleInit', 'onModuleDestroy', 'onApplicationBootstrap', 'beforeApplicationShutdown'];
      for (const hook of [...hooks, 'onApplicationShutdown', 'ngOnDestroy', '$onInit'])
        if (typeof level[hook] === 'function') await level[hook]();
    },
    'the questions of printers, RxJS, servers of HTTP and Fastify': async (level) => {
      for (const name of ['inspect', 'getter', 'setter', 'getReader'])
        if (typeof level[name] === 'function') level[name]();
      for (const name of ['lift', 'headers', 'setHeader']) void typeof level[name];
      if (typeof level.pipe === 'function') level.pipe(new PassThrough());
      await setImmediate(); // a rejection that nothing handles would fail the test
    },
    'the marks of printers and frameworks': (level) => {
      for (const name of [
        '$$typeof',
        '@@observable',
        'asymmetricMatch',
        'nodeType',
        'tagName',
        '__v_isRef',
        '_isVue',
        '@@x',
      ])
        assert.equal(level[name], undefined, name);
    },
    symbols: (level) => {
      for (const symbol of [
        Symbol.toPrimitive,
        Symbol.asyncIterator,
        Symbol.toStringTag,
        Symbol.for('nodejs.util.inspect.custom'),
      ])
        assert.equal(level[symbol], undefined);
    },
  };
  for (const [what, ask] of Object.entries(questions)) {
    it(`is no call: ${what}`, async (t) => {
      const { calls, levels } = await asked(t);
      for (const level of levels) await ask(level);
      assert.deepEqual(calls, []);
    });
  }

  it('is a call where a module really has a method of such a name, and with rpcInvoke', async (t) => {
    const service = { onModuleInit: () => 'started', toString: () => 'the remote text' };
    const served = await serve(t, service);
    const { client, calls } = await call(t, [served]);
    assert.equal(calls['onModuleInit'], undefined);
    for (const [method, result] of [
      ['onModuleInit', 'started'],
      ['toString', 'the remote text'],
    ]) {
      const msg = { namespace: 'user', service: 'service', method: method as string, args: [] };
      assert.equal(await client.rpcInvoke('test-1', msg), result);
    }
    const path = new URL('./fixtures/hooks.ts', import.meta.url);
    client.addProxy({ namespace: 'user', serverType: 'test', path });
    assert.equal(typeof (client.proxies as Any).user.test.hooks.onModuleInit, 'function');
  });

  it('is a call where the name is an ordinary word, and is called as a method is', async (t) => {
    const words = ['inspect', 'lift', 'pipe', 'getReader', 'headers', 'setHeader', 'getter', 'setter'];
    const more = [
      'schedule',
      'id',
      'type',
      'name',
      'length',
      'subscribe',
      'call',
      'apply',
      'bind',
      'on',
      'emit',
      'get',
      'set',
    ];
    const all = [...words, ...more];
    const served = await serve(t, Object.fromEntries(all.map((word) => [word, (x: unknown) => `${word} ${x}`])));
    const { client, calls, log } = await call(t, [served]);
    for (const word of all) {
      const method = (calls as Any)[word];
      assert.equal(await method(null, 1), `${word} 1`);
      assert.equal(await method.toServer(served.info.id, 2), `${word} 2`);
      assert.equal(
        await new Promise((resolve) => method(null, 3, (_error: unknown, result: unknown) => resolve(result))),
        `${word} 3`,
      );
    }
    const error = await failure((calls as Any).inspect());
    assert.deepEqual([error.code, error.delivery], ['ERR_RPC_INVALID_ARGUMENT', 'not-sent']);
    assert.match(error.message, /Pass the route parameter, or null, as the first argument/);
    assert.equal((await failure((client.proxies as Any).user.test.absent.pipe(null))).code, 'ERR_RPC_NO_METHOD');
    assert.equal(log.length, 0);
    (calls as Any).getter();
    await until(() => log.some((line) => line.includes('user.service.getter was called as tools')), {
      what: 'the log',
    });
  });

  it('leaves methods to be mocked, promisified and passed on', async (t) => {
    const served = await serve(t, { echo: (x: unknown) => x });
    const { calls } = await call(t, [served]);
    const { echo } = calls as Any;
    const mocked = mock.method(calls, 'echo', () => 'mocked');
    assert.equal(calls['echo'](null), 'mocked');
    mocked.mock.restore();
    assert.equal(calls['echo'], echo);
    assert.deepEqual(await Promise.all(['a', 'b'].map(echo)), [0, 1]);
    assert.equal(await promisify(echo)(null, 6), 6);
  });
});

describe('a proxy among the arguments of a call', () => {
  it('is refused at every level, with its path, and so are the client and the server', async (t) => {
    const served = await serve(t, { echo: (x: unknown) => x });
    const { client, calls } = await call(t, [served]);
    client.addProxy({ namespace: 'made', serverType: 'test', path: GENERATED });
    const proxies = client.proxies as Any;
    const cases: [given: unknown, says: RegExp][] = [
      [proxies, /args\[0\] is a level of client\.proxies/],
      [{ at: proxies.user }, /args\[0\]\.at is a level of client\.proxies/],
      [[proxies.user.test], /args\[0\]\[0\] is a level/],
      [{ m: proxies.user.test.fresh }, /args\[0\]\.m is a level/],
      [{ m: proxies.made.test['plain-module'] }, /args\[0\]\.m is a level/],
      [{ m: proxies.missing }, /args\[0\]\.m is a level/],
      [new Map([['m', proxies.user]]), /is a level/],
      [{ f: calls['echo'] }, /args\[0\]\.f is a function/],
      [{ client }, /args\[0\]\.client is a client/],
      [{ server: served.server }, /args\[0\]\.server is an emitter/],
    ];
    for (const [given, says] of cases) {
      const error = await failure(calls['echo'](null, given, 1));
      assert.deepEqual([error.code, error.delivery], ['ERR_RPC_ENCODE', 'not-sent'], String(says));
      assert.match(error.message, says);
    }
  });
});

describe('client.proxies', () => {
  it('can be assigned an empty object, in strict code, and nothing else', async (t) => {
    const { client } = await asked(t);
    client.proxies = {};
    assert.deepEqual(Object.keys(client.proxies), []);
    client.addProxy({ namespace: 'user', serverType: 'test' });
    assert.deepEqual(Object.keys(client.proxies), ['user']);
    assert.throws(() => Object.assign(client, { proxies: { user: {} } }), { code: 'ERR_RPC_INVALID_ARGUMENT' });
  });
});
