import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RpcCode, RpcError } from '../../../lib/errors.js';
import type { LoadedModule } from '../../../lib/service/load.js';
import { ServiceRegistry } from '../../../lib/service/service-registry.js';

function loaded(name: string, instance: object, file = `/app/remote/${name}.js`): LoadedModule {
  return { name, instance, file };
}

const chat = { send(_text: string) {}, async leave() {}, history: () => [] };

function refusal(add: () => void): RpcError {
  try {
    add();
  } catch (error) {
    assert.ok(error instanceof RpcError, String(error));
    return error;
  }
  return assert.fail('it was added');
}

describe('ServiceRegistry', () => {
  it('has a method under its whole name, with what a call needs', () => {
    const registry = new ServiceRegistry();
    registry.add('user', [loaded('chat', chat)]);
    assert.deepEqual(registry.lookup('user.chat.send'), {
      name: 'user.chat.send',
      namespace: 'user',
      service: 'chat',
      method: 'send',
      fn: chat.send,
      self: chat,
      callbacks: false,
      takes: { parameters: 1, callback: undefined, isCalled: false, fillTo: 0, waits: false },
      checks: undefined,
      mayHideCallback: false,
      hasOnlyReturned: false,
    });
    assert.equal(registry.size, 3);
  });

  it('keeps to the function that was there when it was added', () => {
    const registry = new ServiceRegistry();
    const instance = { f: () => 1 };
    const { f } = instance;
    registry.add('user', [loaded('m', instance)]);
    instance.f = () => 2;
    assert.equal(registry.lookup('user.m.f')?.fn, f);
  });

  it('gives callbacks where they are asked for, and never to an async function', () => {
    const registry = new ServiceRegistry();
    registry.add('user', [loaded('chat', chat)], { callbacks: true });
    registry.add('plain', [loaded('chat', chat)], { callbacks: false });
    assert.equal(registry.lookup('user.chat.send')?.callbacks, true);
    assert.equal(registry.lookup('user.chat.history')?.callbacks, true);
    assert.equal(registry.lookup('user.chat.leave')?.callbacks, false);
    assert.equal(registry.lookup('plain.chat.send')?.callbacks, false);
  });

  it('has nothing under any other name', () => {
    const registry = new ServiceRegistry();
    registry.add('user', [loaded('chat', { send() {}, _hidden() {} })]);
    const names = [
      '',
      'user',
      'user.chat',
      'user.chat.',
      'user.chat.send.',
      '.user.chat.send',
      'USER.chat.send',
      'user.chat._hidden',
      'user.chat.constructor',
      'user.chat.toString',
      'user.chat.__proto__',
      'user.__proto__.send',
      '__proto__',
      'constructor',
      'user.chat.__defineGetter__',
      'toString',
      'size',
    ];
    for (const name of names) assert.equal(registry.lookup(name), undefined, name);
  });

  it('takes more modules for a namespace, and the same module for another', () => {
    const registry = new ServiceRegistry();
    registry.add('user', [loaded('a', { f() {} })]);
    registry.add('user', [loaded('b', { f() {} })]);
    registry.add('sys', [loaded('a', { f() {} })]);
    assert.deepEqual(registry.list(), [
      { namespace: 'user', module: 'a', methods: ['f'] },
      { namespace: 'user', module: 'b', methods: ['f'] },
      { namespace: 'sys', module: 'a', methods: ['f'] },
    ]);
  });

  describe('refuses', () => {
    const f = { f() {} };
    const collisions: {
      name: string;
      first: [string, LoadedModule];
      second: [string, LoadedModule];
      both: string[];
    }[] = [
      {
        name: 'a module twice',
        first: ['user', loaded('chat', f, '/one/chat.js')],
        second: ['user', loaded('chat', { g() {} }, '/two/chat.js')],
        both: ['/one/chat.js', '/two/chat.js', 'user.chat'],
      },
      {
        name: 'two modules of one name by their dots',
        first: ['a.b', loaded('c', f)],
        second: ['a', loaded('b.c', { g() {} })],
        both: ['module c of namespace a.b', 'module b.c of namespace a ', 'a.b.c'],
      },
      {
        name: 'two methods of one name by their dots',
        first: ['a', loaded('b', { 'c.d'() {} })],
        second: ['a', loaded('b.c', { d() {} })],
        both: ['module b of namespace a ', 'module b.c of namespace a ', 'a.b.c.d'],
      },
    ];
    for (const { name, first, second, both } of collisions) {
      for (const order of ['in this order', 'in the other order']) {
        it(`${name}, ${order}, naming both`, () => {
          const [one, other] = order === 'in this order' ? [first, second] : [second, first];
          const registry = new ServiceRegistry();
          registry.add(one[0], [one[1]]);
          const error = refusal(() => registry.add(other[0], [other[1]]));
          assert.equal(error.code, RpcCode.Load);
          for (const part of both) assert.ok(error.message.includes(part), error.message);
        });
      }
    }

    it('two modules of one name that come together', () => {
      const registry = new ServiceRegistry();
      const error = refusal(() => registry.add('user', [loaded('m', f, '/one.js'), loaded('m', f, '/two.js')]));
      assert.equal(error.code, RpcCode.Load);
    });

    it('all of what it is given, or nothing', () => {
      const registry = new ServiceRegistry();
      registry.add('user', [loaded('b', f)]);
      refusal(() => registry.add('user', [loaded('a', f), loaded('b', f), loaded('c', f)]));
      assert.deepEqual(registry.list(), [{ namespace: 'user', module: 'b', methods: ['f'] }]);
      assert.equal(registry.size, 1);
    });

    for (const namespace of ['$mailstation', '$mailstation.health', '']) {
      it(`the namespace ${JSON.stringify(namespace)}`, () => {
        const registry = new ServiceRegistry();
        assert.equal(refusal(() => registry.add(namespace, [loaded('m', f)])).code, RpcCode.InvalidArgument);
        assert.equal(registry.size, 0);
      });
    }

    it('callbacks that are neither true nor false', () => {
      const options = { callbacks: 'no' } as unknown as { callbacks: boolean };
      assert.equal(
        refusal(() => new ServiceRegistry().add('user', [loaded('m', f)], options)).code,
        RpcCode.InvalidArgument,
      );
    });

    it('no namespace that only begins like the reserved one', () => {
      new ServiceRegistry().add('$mailstations', [loaded('m', f)]);
    });
  });

  describe('explains', () => {
    const registry = new ServiceRegistry();
    registry.add('user', [loaded('chat', chat), loaded('auth', { login() {} })]);
    registry.add('sys', [loaded('status', { ping() {} })]);
    registry.add('sys.deep', [loaded('status', { pong() {} })]);

    const cases: { name: string; missing: string; says: string }[] = [
      {
        name: 'a missing namespace',
        missing: 'usr.chat.send',
        says: 'no such namespace: "usr"; this server has user, sys, sys.deep',
      },
      {
        name: 'a missing module',
        missing: 'user.auht.login',
        says: 'no such module: "auht.login"; namespace user has auth, chat',
      },
      {
        name: 'a missing method',
        missing: 'user.chat.hist',
        says: 'no such method: "hist"; module user.chat has history, send, leave',
      },
      {
        name: 'the longest of the namespaces that fit',
        missing: 'sys.deep.x.y',
        says: 'no such module: "x.y"; namespace sys.deep has status',
      },
      {
        name: 'a namespace without the rest',
        missing: 'user',
        says: 'no such namespace: "user"; this server has user, sys, sys.deep',
      },
      { name: 'nothing at all', missing: '', says: 'no such namespace: ""; this server has user, sys, sys.deep' },
      {
        name: 'what would break a line of a log',
        missing: 'a\n\u001b[31m"b',
        says: 'no such namespace: "a\\n\\u001b[31m\\"b"; this server has user, sys, sys.deep',
      },
    ];
    for (const { name, missing, says } of cases) {
      it(name, () => assert.equal(registry.explainMissing(missing), says));
    }

    it('what a server without services has', () => {
      assert.equal(new ServiceRegistry().explainMissing('a.b.c'), 'no such namespace: "a"; this server has none');
    });

    it('a huge name without repeating it', () => {
      for (const name of ['x'.repeat(1e6), `user.${'x'.repeat(1e6)}`, `user.chat.${'\n'.repeat(1e6)}`]) {
        const { length } = registry.explainMissing(name);
        assert.ok(length < 400, `${length} characters`);
      }
    });

    it('a few of many names, nearest first', () => {
      const many = new ServiceRegistry();
      const names = Array.from({ length: 50 }, (_, i) => `method${i}`);
      many.add('user', [loaded('big', Object.fromEntries([...names, 'subscribe'].map((name) => [name, () => {}])))]);
      assert.match(many.explainMissing('user.big.subscirbe'), /has subscribe, method0, .*method6 and 43 more$/);
    });
  });
});
