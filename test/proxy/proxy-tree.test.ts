import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { loadModuleNames } from '../../lib/service/module-names.js';
import { ProxyTree } from '../../proxy/index.js';
import { failure, keptLog } from '../behaviour/support.js';
import { fakeCaller } from './support.js';

const FOLDER = new URL('./fixtures/remote', import.meta.url);
const AGAIN = new URL('./fixtures/again.ts', import.meta.url);

// biome-ignore lint/suspicious/noExplicitAny: untyped proxies
type Any = any;

function setUp({ isPlain = false } = {}) {
  const { sink, caller } = fakeCaller();
  const { logger, lines: log } = keptLog();
  const proxies = new ProxyTree(
    caller,
    loadModuleNames,
    { prefix: 'func' },
    {
      logger,
      isPlain,
      onNoProxy: ({ message, code }) => logger.warn(`${message} (${code})`),
    },
  );
  return { sink, proxies, tree: proxies.tree as Any, log };
}

describe('ProxyTree, of a record with a path', () => {
  it('are the methods of its modules, made with the client’s context', () => {
    const { proxies, tree } = setUp();
    proxies.add({ namespace: 'user', serverType: 'test', path: FOLDER });
    assert.deepEqual(Object.keys(tree), ['user']);
    assert.deepEqual(Object.keys(tree.user.test).sort(), ['module1', 'renamed']);
    assert.deepEqual(Object.keys(tree.user.test.module1), ['funcOne', 'func2']);
    assert.deepEqual(Object.keys(tree.user.test.renamed), ['method']);
  });

  it('call what they are named after', async () => {
    const { sink, proxies, tree } = setUp();
    proxies.add({ namespace: 'user', serverType: 'test', path: FOLDER });
    assert.equal(await tree.user.test.module1.func2('route param', 'first', 'second'), 'first');
    assert.deepEqual(sink.seen, ['route user.module1.func2(first,second)']);
    assert.deepEqual([sink.calls[0]?.routeParam, sink.calls[0]?.serverType], ['route param', 'test']);
  });

  it('join those that are there; the same module again takes the older one’s place', () => {
    const { proxies, tree } = setUp();
    proxies.add({ namespace: 'user', serverType: 'test', path: FOLDER });
    proxies.add({ namespace: 'user', serverType: 'test', path: AGAIN });
    proxies.add({ namespace: 'user', serverType: 'other', path: AGAIN });
    proxies.add({ namespace: 'sys', serverType: 'test', path: AGAIN });
    assert.deepEqual(Object.keys(tree.user.test).sort(), ['module1', 'module3', 'renamed']);
    assert.deepEqual(Object.keys(tree.user.test.module1), ['func3']);
    assert.deepEqual(Object.keys(tree.user).sort(), ['other', 'test']);
    assert.deepEqual(Object.keys(tree.sys.test), ['module1', 'module3']);
  });

  it('are ordinary objects, whatever their names are', () => {
    const { sink, proxies, tree } = setUp();
    proxies.add({ namespace: 'constructor', serverType: '__proto__', path: AGAIN });
    proxies.add({ namespace: 'user', serverType: 'test', path: AGAIN });
    for (const level of [tree, tree.user, tree.user.test, tree.user.test.module1]) {
      const enumerable = 'propertyIsEnumerable';
      const [name = ''] = Object.keys(level).slice(-1);
      assert.equal(Object.hasOwn(level, name), true);
      assert.deepEqual(
        [name in level, 'other' in level, 'then' in level, level[enumerable](name)],
        [true, false, false, true],
      );
      assert.equal(`${level}`, '[object Object]');
      assert.match(inspect(level, { depth: 0 }), /^ProxyLevel/);
      assert.throws(() => Number([...level]), TypeError);
    }
    assert.equal(typeof Object.getOwnPropertyDescriptor(tree, 'constructor')?.value, 'object');
    assert.equal(typeof Object.getOwnPropertyDescriptor(tree.constructor, '__proto__')?.value, 'object');
    assert.equal(({} as Any).module1, undefined, 'and no prototype was changed');
    assert.deepEqual(sink.seen, []);
  });

  it('may be replaced one by one, and put back', async () => {
    const { sink, proxies, tree } = setUp();
    proxies.add({ namespace: 'user', serverType: 'test', path: AGAIN });
    const { module1 } = tree.user.test;
    const { func3 } = module1;
    module1.func3 = () => 'stub';
    assert.equal(module1.func3(), 'stub');
    module1.toString = () => 'named';
    assert.equal(`${module1}`, 'named');
    module1.func3 = func3;
    await module1.func3(null);
    assert.deepEqual(sink.seen, ['route user.module1.func3()']);
  });

  it('of a path that cannot be loaded are none, and the others stay', () => {
    const { proxies, tree } = setUp();
    proxies.add({ namespace: 'user', serverType: 'test', path: AGAIN });
    assert.throws(() => proxies.add({ namespace: 'user', serverType: 'test', path: '/no/such/folder' }), {
      code: 'ERR_RPC_LOAD',
    });
    assert.deepEqual(Object.keys(tree.user.test), ['module1', 'module3']);
  });
});

describe('ProxyTree, of a record without a path', () => {
  it('are made as they are asked for, and kept', async () => {
    const { sink, proxies, tree } = setUp();
    proxies.add({ namespace: 'user', serverType: 'test' });
    const { method } = tree.user.test.whatever;
    assert.equal(tree.user.test.whatever.method, method);
    await method(null, 1);
    assert.deepEqual(sink.seen, ['route user.whatever.method(1)']);
  });

  it('stay the same when the record is added again', () => {
    const { proxies, tree } = setUp();
    proxies.add({ namespace: 'user', serverType: 'test' });
    const { method } = tree.user.test.whatever;
    for (let i = 0; i < 3; i++) proxies.add({ namespace: 'user', serverType: 'test' });
    assert.equal(tree.user.test.whatever.method, method);
  });

  it('give way to the modules of a path, and fill in for those that it has not', async () => {
    const { sink, proxies, tree } = setUp();
    proxies.add({ namespace: 'user', serverType: 'test' });
    proxies.add({ namespace: 'user', serverType: 'test', path: AGAIN });
    assert.equal((await failure(tree.user.test.module1.nothing(null))).code, 'ERR_RPC_NO_PROXY');
    await tree.user.test.module1.func3(null);
    await tree.user.test.elsewhere.method(null);
    assert.deepEqual(sink.seen, ['route user.module1.func3()', 'route user.elsewhere.method()']);
  });

  it('are no calls where JavaScript itself asks', async () => {
    const { sink, proxies, tree } = setUp();
    proxies.add({ namespace: 'user', serverType: 'test' });
    const modules = tree.user.test;
    const methods = modules.whatever;
    for (const object of [modules, methods]) {
      assert.equal(await object, object, 'awaited');
      JSON.stringify(object);
      inspect(object);
      assert.deepEqual([...Object.keys(object)].includes('then'), false);
      for (const name of ['then', 'toJSON', '_private', '__proto__', Symbol.toPrimitive, Symbol.iterator]) {
        assert.equal(object[name], undefined, String(name));
      }
    }
    assert.deepEqual(sink.seen, []);
  });
});

describe('ProxyTree, of names that do not exist', () => {
  /** Message of the error that a call gets. */
  async function messageOf(missing: (...args: unknown[]) => Promise<unknown>): Promise<string> {
    const error = await failure(missing(null, 1));
    assert.deepEqual([error.code, error.delivery], ['ERR_RPC_NO_PROXY', 'not-sent']);
    return error.message;
  }

  it('fails a call with what there is, and the nearest name', async () => {
    const { sink, proxies, tree } = setUp();
    assert.equal(
      await messageOf(tree.user.test.m.f),
      'client.proxies.user.test.m.f does not exist: no proxies were added. Call client.addProxies([{ namespace: ' +
        "'user', serverType: 'test' }]) before",
    );
    proxies.add({ namespace: 'user', serverType: 'test', path: AGAIN });
    proxies.add({ namespace: 'sys', serverType: 'open' });
    assert.equal(
      await messageOf(tree.usr.test.module1.func3),
      'client.proxies.usr.test.module1.func3 does not exist: there is no namespace usr, only user, sys. Did you mean user?',
    );
    assert.equal(
      await messageOf(tree.user.tset.module1.func3),
      'client.proxies.user.tset.module1.func3 does not exist: user has no server type tset, only test. Did you mean test?',
    );
    assert.equal(
      await messageOf(tree.user.test.rooms.func3),
      'client.proxies.user.test.rooms.func3 does not exist: user.test has no module rooms, only module1, module3. ' +
        'Correct the name, or add the proxies with client.addProxies()',
    );
    assert.equal(
      await messageOf(tree.user.test.module1.fnuc3),
      'client.proxies.user.test.module1.fnuc3 does not exist: user.test.module1 has no method fnuc3, only func3. ' +
        'Did you mean func3?',
    );
    assert.match(
      await messageOf(tree.sys.opne.any.thing),
      /sys has no server type opne, only open. Did you mean open\?$/,
    );
    assert.deepEqual(sink.seen, []);
  });

  it('fails every form of a call, by promise or callback, and reports the call', async () => {
    const { tree, log } = setUp();
    const { f } = tree.user.test.m;
    const forms: (() => Promise<unknown>)[] = [
      () => f.toServer('test-1', 1),
      () => f.toServer('*', 1),
      () => f.broadcast(1),
      () => f.with({ timeout: 5 })(null, 1),
      () => f.oneway(null, 1),
      () => f.to('test-1')(1),
      () => f.to('test-1', true)(1),
      () => f.route(null)(1),
      () => f.defaultRoute(1),
    ];
    for (const form of forms) assert.equal((await failure(form())).code, 'ERR_RPC_NO_PROXY');
    let returned: unknown;
    const error = await new Promise((resolve) => {
      returned = f(null, 1, resolve);
    });
    assert.deepEqual([(error as { code: string }).code, returned], ['ERR_RPC_NO_PROXY', undefined]);
    assert.match(log[0] ?? '', /client\.proxies\.user\.test\.m\.f does not exist.*\(ERR_RPC_NO_PROXY\)/);
  });

  it('says of a member of the module why it is none', async () => {
    const { proxies, tree } = setUp();
    proxies.add({ namespace: 'user', serverType: 'test', path: new URL('./fixtures/uncallable.ts', import.meta.url) });
    assert.match(await messageOf(tree.user.test.uncallable.all), /does not exist: all is a generator function/);
  });

  it('are not there for `in`, nor for what lists names', () => {
    const { proxies, tree } = setUp();
    proxies.add({ namespace: 'user', serverType: 'test', path: AGAIN });
    void [tree.usr.test.m.f, tree.user.test.module1.nothing];
    for (const [level, name] of [
      [tree, 'usr'],
      [tree.user.test.module1, 'nothing'],
      [tree.usr, 'test'],
    ] as const) {
      assert.equal(name in level, false);
      assert.equal(Object.keys(level).includes(name), false);
      assert.equal(Object.hasOwn(level, name), false);
    }
    assert.equal(JSON.stringify(tree.usr), '{}');
  });

  it('are no thenables, so that a level can be awaited and returned', async () => {
    const { tree, log } = setUp();
    const level = tree.usr.test;
    assert.equal(await level, level);
    assert.deepEqual(log, []);
  });

  it('are plainly undefined in the form of pomelo, whose programs ask by a read', () => {
    const { proxies, tree } = setUp({ isPlain: true });
    assert.equal(tree.sys, undefined);
    proxies.add({ namespace: 'user', serverType: 'test', path: AGAIN });
    assert.deepEqual(
      [tree.user.other, tree.user.test.rooms, tree.user.test.module1.nothing],
      [undefined, undefined, undefined],
    );
    assert.equal(Object.getPrototypeOf(tree.user.test), Object.prototype);
  });
});

describe('ProxyTree, replaced', () => {
  for (const isPlain of [false, true]) {
    it(`is empty, and filled anew, plain: ${isPlain}`, async () => {
      const { sink, proxies } = setUp({ isPlain });
      proxies.add({ namespace: 'user', serverType: 'test', path: AGAIN });
      const before = proxies.tree as Any;
      const { func3 } = before.user.test.module1;
      proxies.replace({});
      assert.deepEqual(Object.keys(proxies.tree), []);
      assert.equal('user' in proxies.tree, false);
      proxies.add({ namespace: 'user', serverType: 'test', path: AGAIN });
      await (proxies.tree as Any).user.test.module1.func3(null);
      await func3(null);
      assert.equal(sink.seen.length, 2, 'proxies that were taken before go on working');
      proxies.replace(before);
      assert.equal(proxies.tree, before);
    });
  }

  for (const given of [undefined, null, 5, 'x', [], { user: {} }, { [Symbol('s')]: 1 }]) {
    it(`refuses ${inspect(given)}`, () => {
      const { proxies } = setUp();
      const { tree } = proxies;
      assert.throws(() => proxies.replace(given), {
        code: 'ERR_RPC_INVALID_ARGUMENT',
        message: /client\.proxies.*empty object/,
      });
      assert.equal(proxies.tree, tree);
    });
  }
});
