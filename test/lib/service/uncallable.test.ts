import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { methodNames, methodsOf } from '../../../lib/service/methods.js';
import { whyNoneCallable, whyUncallable } from '../../../lib/service/uncallable.js';

/** Puts a getter on a prototype, as decorators do that bind a method on its first use. */
function bindLazily(prototype: object, name: string): void {
  const fn = Object.getOwnPropertyDescriptor(prototype, name)?.value as () => unknown;
  Object.defineProperty(prototype, name, {
    configurable: true,
    get(this: object) {
      if (this === prototype) return fn;
      const bound = fn.bind(this);
      Object.defineProperty(this, name, { configurable: true, value: bound, writable: true });
      return bound;
    },
    set() {},
  });
}

/** Exports as bundlers and transpilers write them. */
function exportsOf(all: Record<string, () => unknown>, marks: PropertyDescriptorMap = {}): object {
  const made = Object.defineProperties({}, marks);
  for (const name of Object.keys(all))
    Object.defineProperty(made, name, { enumerable: true, get: all[name] as () => unknown });
  return made;
}

describe('methodsOf, getters', () => {
  it('are read in the exports of a module, whichever tool wrote them', () => {
    const f = () => 1;
    const marks: PropertyDescriptorMap[] = [
      {},
      { __esModule: { value: true } },
      { [Symbol.toStringTag]: { value: 'Module' } },
    ];
    for (const mark of marks) {
      const methods = methodsOf(exportsOf({ f: () => f, n: () => 5 }, mark));
      assert.deepEqual([...methods], [['f', f]]);
    }
    assert.deepEqual(methodNames(Object.setPrototypeOf(exportsOf({ f: () => f }), null)), ['f']);
  });

  it('are read where a decorator has put them, with the instance as `this`', () => {
    class Rooms {
      readonly name = 'rooms';
      whose() {
        return this.name;
      }
    }
    bindLazily(Rooms.prototype, 'whose');
    const fn = methodsOf(new Rooms()).get('whose');
    assert.equal(Reflect.apply(fn as () => string, undefined, []), 'rooms');
  });

  it('are read in a class where they return a field, and not where they do work', () => {
    let reads = 0;
    class Rooms {
      #join = () => 1;
      leave = () => 2;
      get join() {
        return this.#join;
      }
      get also() {
        return this.leave.bind(this);
      }
      get connection() {
        reads += 1;
        return () => reads;
      }
    }
    const rooms = new Rooms();
    assert.deepEqual(methodNames(rooms), ['leave', 'join', 'also']);
    assert.equal(reads, 0);
    assert.match(whyUncallable(rooms, 'connection') ?? '', /^connection is a getter of a class.*make it a method$/);
  });

  it('are read once, and again only where they failed', () => {
    let reads = 0;
    let isReady = false;
    const counted = exportsOf({
      f: () => {
        reads += 1;
        return () => 1;
      },
      late() {
        if (!isReady) throw new ReferenceError('not initialised');
        return () => 2;
      },
    });
    assert.deepEqual(methodNames(counted), ['f']);
    assert.match(whyUncallable(counted, 'late') ?? '', /^late is a getter that failed/);
    isReady = true;
    assert.deepEqual(methodNames(counted), ['f', 'late']);
    assert.equal(reads, 1);
  });
});

describe('whyUncallable', () => {
  class Emitting {
    emit() {}
  }
  const instance: Record<string, unknown> = {
    *gen() {},
    async *agen() {},
    text: 'the value is never repeated',
    list: [1],
    nothing: null,
    Emitting,
    f() {},
    get version() {
      return 5;
    },
  };
  const cases: [name: string, says: string | undefined][] = [
    [
      'gen',
      'gen is a generator function, and an iterator cannot be sent; make it an async generator function, whose values callers read as a stream, or return an array',
    ],
    ['text', 'text is not a function but a string; only functions can be called'],
    ['list', 'list is not a function but an array; only functions can be called'],
    ['nothing', 'nothing is not a function but null; only functions can be called'],
    ['version', 'version is not a function but a number; only functions can be called'],
    ['Emitting', 'Emitting is a class; serve an instance of the class as a module'],
    ['_any', 'names that begin with "_" are private; rename the method'],
    ['other', undefined],
    ['constructor', undefined],
    ['toString', undefined],
  ];
  for (const [name, says] of cases) it(`of ${name}`, () => assert.equal(whyUncallable(instance, name), says));

  it('of a function that came later', () => {
    const late: Record<string, unknown> = {};
    late['f'] = () => 1;
    assert.match(whyUncallable(late, 'f') ?? '', /was added after the module had been loaded/);
  });

  it('of an instance without methods lists a few members', () => {
    assert.equal(whyNoneCallable({ a: 1, b: 'x' }).split('; ').length, 4);
    assert.equal(whyNoneCallable({}), '');
  });
});
