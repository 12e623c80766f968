import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { loadModuleNames } from '../../lib/service/module-names.js';
import { ProxyTree } from '../../proxy/index.js';
import { fakeCaller } from './support.js';

const FOLDER = new URL('./fixtures/remote', import.meta.url);
const AGAIN = new URL('./fixtures/again.ts', import.meta.url);

// biome-ignore lint/suspicious/noExplicitAny: untyped proxies
type Any = any;

function setUp() {
  const { sink, caller } = fakeCaller();
  const proxies = new ProxyTree(caller, loadModuleNames, { prefix: 'func' });
  return { sink, proxies, tree: proxies.tree as Any };
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

  it('have no prototype, so that nothing is found in them that was not put there', () => {
    const { proxies, tree } = setUp();
    proxies.add({ namespace: 'constructor', serverType: '__proto__', path: AGAIN });
    proxies.add({ namespace: 'user', serverType: 'test', path: AGAIN });
    for (const level of [tree, tree.user, tree.user.test, tree.user.test.module1]) {
      assert.equal(level.hasOwnProperty, undefined);
      assert.equal(level.toString, undefined);
    }
    assert.equal(typeof Object.getOwnPropertyDescriptor(tree, 'constructor')?.value, 'object');
    assert.equal(({} as Any).module1, undefined, 'and no prototype was changed');
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
    assert.equal(tree.user.test.module1.nothing, undefined);
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
