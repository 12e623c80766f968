import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { describe, it } from 'node:test';
import { Delegates } from '../../../../lib/cluster/delegates.js';
import { ReadyEmitter } from '../../../../lib/cluster/ready-emitter.js';
import { RealClient } from '../../../../lib/cluster/real-client/real-client.js';
import { tick } from '../../transport/support.js';
import { heard } from '../support.js';

/** A real client of the object, with all its functions delegated to `invoke` unless something else is said. */
function real(client: object, kinds: Record<string, Parameters<Delegates['delegate']>[1]> = {}) {
  const delegates = new Delegates();
  for (const name of Object.keys(client))
    if (!(name in ReadyEmitter.prototype)) delegates.delegate(name, kinds[name] ?? 'invoke');
  const handler = heard();
  return { client: new RealClient(() => client, delegates, handler), handler };
}

describe('RealClient, a callback', () => {
  const METHODS: Record<string, readonly [method: unknown, sent: number, appended: boolean]> = {
    'an async function': [async (_a: unknown, _b: unknown) => {}, 0, false],
    'a generator': [function* (_a: unknown): Generator {}, 0, false],
    'a function that returns a promise, with as many as it takes': [(_a: unknown) => Promise.resolve(), 1, false],
    'such a one, with more than it takes': [() => Promise.resolve(), 2, false],
    'such a one, with fewer than it takes': [(_a: unknown, _options: unknown) => Promise.resolve(), 1, true],
    'a function that takes a callback': [(_a: unknown, _callback: unknown) => {}, 1, true],
    'one that takes any number': [(..._all: unknown[]) => {}, 3, true],
    'one that takes any number after the first': [(_a: unknown, ..._all: unknown[]) => {}, 3, true],
    'one whose last has a default': [(_a: unknown, _callback: unknown = null) => {}, 1, true],
    'one with a default before its callback': [
      (_a: unknown, _options: unknown = {}, _callback?: unknown) => {},
      2,
      true,
    ],
    'one that reads its `arguments`': [
      function (this: unknown) {
        // biome-ignore lint/complexity/noArguments: it is what is tested
        return arguments.length;
      },
      2,
      true,
    ],
  };
  for (const [what, [method, sent, appended]] of Object.entries(METHODS)) {
    it(`is ${appended ? '' : 'not '}appended for ${what}`, () => {
      assert.equal(real({ method }).client.method('method', sent)?.callbacks, appended);
    });
  }

  it('is the same question at every number of arguments', () => {
    const { client } = real({ get: (_key: string, _callback: unknown) => {} });
    assert.deepEqual(
      [0, 1, 2].map((sent) => client.method('get', sent)?.callbacks),
      [true, true, false],
    );
  });
});

describe('RealClient, an argument in the place of a callback', () => {
  it('fails the call, and the method is not called: what it would throw later is nobody’s to catch', () => {
    let called = 0;
    const { client } = real({
      get(_key: string, callback: (error: null, value: number) => void) {
        called += 1;
        setImmediate(callback, null, 1);
      },
    });
    const method = client.method('get', 2);
    assert.equal(method?.callbacks, false);
    assert.throws(() => method?.fn('key', 'no function'), {
      name: 'TypeError',
      message: 'get takes 1 arguments and a callback, and was called with 2 arguments',
    });
    assert.equal(called, 0);
    assert.equal(client.method('get', 1)?.callbacks, true);
  });
});

describe('RealClient, its methods', () => {
  it('are those that are delegated to be called, and no others', () => {
    const emitter = Object.assign(new EventEmitter(), {
      get() {},
      tell() {},
      publish() {},
      subscribe() {},
      unSubscribe() {},
      close() {},
      hidden() {},
    });
    const delegates = new Delegates();
    delegates.delegate('get');
    delegates.delegate('tell', 'invokeOneway');
    for (const kind of ['publish', 'subscribe', 'unSubscribe', 'close'] as const) delegates.delegate(kind, kind);
    delegates.delegate('missing');
    delegates.override('hidden', 1);
    const client = new RealClient(() => emitter, delegates, heard());
    assert.deepEqual(client.callable, ['get', 'tell', 'publish']);
    for (const name of ['emit', 'on', 'removeAllListeners', 'constructor', '__proto__', 'hidden', 'missing', 'close'])
      assert.equal(client.method(name, 0), undefined, name);
  });

  it('run on the real client, a generator as one that returns a promise', async () => {
    const { client } = real({
      base: 40,
      *add(this: { base: number }, n: number): Generator {
        return this.base + ((yield Promise.resolve(n)) as number);
      },
    });
    const method = client.method('add', 1);
    assert.equal(await Reflect.apply(method?.fn as () => unknown, method?.self, [2]), 42);
  });

  it('may be replaced while it lives', () => {
    const object: Record<string, unknown> = { get: (_a: unknown) => 1 };
    const { client } = real(object);
    assert.equal(client.method('get', 1)?.fn(1), 1);
    object['get'] = (_a: unknown, _callback: unknown) => 2;
    assert.deepEqual([client.method('get', 1)?.fn(1), client.method('get', 1)?.callbacks], [2, true]);
  });
});

describe('RealClient', () => {
  it('throws what its constructor throws', () => {
    const make = () => {
      throw new Error('no such host');
    };
    assert.throws(() => new RealClient(make, new Delegates(), heard()), { message: 'no such host' });
  });

  it('is ready at once without `ready`, and else when that says so', async () => {
    await real({}).client.whenReady();
    await real({ ready: () => Promise.resolve() }).client.whenReady();
    await real({ ready: (callback: () => void) => void setImmediate(callback) }).client.whenReady();
    const broken = new Error('broken');
    for (const ready of [
      () => Promise.reject(broken),
      (callback: (error: Error) => void) => void setImmediate(callback, broken),
      () => {
        throw broken;
      },
    ]) {
      await assert.rejects(real({ ready }).client.whenReady(), broken);
    }
  });

  it('tells of rejections that nobody waits for', async () => {
    const rejects = (what: string) => async () => {
      throw new Error(what);
    };
    const { client, handler } = real(
      { subscribe: rejects('subscribe'), unSubscribe: rejects('unSubscribe'), publish: rejects('publish') },
      { subscribe: 'subscribe', unSubscribe: 'unSubscribe', publish: 'publish' },
    );
    client.subscribe(1, () => {});
    client.unsubscribe(1, () => {});
    client.publish(1);
    await tick();
    assert.deepEqual(handler.errors, ['subscribe', 'unSubscribe', 'publish']);
  });

  it('runs generators that subscribe, publish and close', async () => {
    const told: unknown[] = [];
    const note = (what: string) =>
      function* (reg: unknown): Generator {
        told.push([what, yield Promise.resolve(reg)]);
      };
    const { client } = real(
      { listen: note('subscribe'), announce: note('publish'), end: note('close') },
      { listen: 'subscribe', announce: 'publish', end: 'close' },
    );
    client.subscribe('a', () => {});
    client.publish('b');
    await client.close();
    await tick();
    assert.deepEqual(told.sort(), [
      ['close', undefined],
      ['publish', 'b'],
      ['subscribe', 'a'],
    ]);
  });

  it('has nothing to close without a `close`, and rejects with what that rejects with', async () => {
    await real({}).client.close();
    const failing = real({ close: () => Promise.reject(new Error('stuck')) }, { close: 'close' });
    await assert.rejects(failing.client.close(), { message: 'stuck' });
  });

  it('passes on its events', () => {
    const emitter = new EventEmitter();
    const handler = heard();
    new RealClient(() => emitter, new Delegates(), handler);
    emitter.emit('changed', 1, 2);
    assert.deepEqual(handler.events, [['changed', 1, 2]]);
  });
});
