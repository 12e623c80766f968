import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { describe, it } from 'node:test';
import { runInNewContext } from 'node:vm';
import { isClass, type Method, methodNames, methodsOf } from '../../../lib/service/methods.js';

const trap = () => assert.fail('a getter was run');

class Base {
  inherited() {}
  overridden() {}
}
class Remote extends Base {
  field = () => {};
  value = 5;
  #secret() {}
  own() {
    this.#secret();
  }
  override overridden() {}
  _private() {}
  get accessor() {
    return trap();
  }
  static statically() {}
}

function Old(this: { own: unknown }) {
  this.own = () => {};
}
Old.prototype.old = () => {};

class Emitting extends EventEmitter {
  send() {}
}

describe('methodNames', () => {
  const cases: { name: string; instance: object; names: string[] }[] = [
    {
      name: 'the functions of an object',
      instance: { a() {}, b: () => {}, async c() {}, d: 1, e: null },
      names: ['a', 'b', 'c'],
    },
    {
      name: 'those of an instance, of its class, and of what that extends',
      instance: new Remote(),
      names: ['field', 'own', 'overridden', 'inherited'],
    },
    { name: 'those of a constructor from before classes', instance: Reflect.construct(Old, []), names: ['own', 'old'] },
    {
      name: 'those of an object without a prototype',
      instance: Object.assign(Object.create(null), { f() {} }),
      names: ['f'],
    },
    {
      name: 'those of an object whose prototype is another service',
      instance: Object.create({ f() {} }),
      names: ['f'],
    },
    { name: 'the static ones of a class, and none of Function', instance: Remote, names: ['statically'] },
    {
      name: 'those put on a function, and none of Function',
      instance: Object.assign(() => {}, { f() {} }),
      names: ['f'],
    },
    { name: 'none of an emitter', instance: new Emitting(), names: ['send'] },
    { name: 'none of a Map', instance: Object.assign(new Map(), { f() {} }), names: ['f'] },
    { name: 'none of an array', instance: [() => {}], names: ['0'] },
    {
      name: 'those of an object that borrows a constructor',
      instance: Object.assign({ f() {} }, { constructor: Map }),
      names: ['f'],
    },
    { name: 'none of Object.prototype', instance: {}, names: [] },
    { name: "none of another realm's Object.prototype", instance: runInNewContext('({ f() {} })'), names: ['f'] },
    {
      name: 'no name that is kept back',
      instance: Object.defineProperty({ constructor() {}, prototype() {}, _a() {}, _() {}, a_() {} }, '__proto__', {
        value() {},
      }),
      names: ['a_'],
    },
    { name: 'no symbol', instance: { [Symbol.iterator]() {}, [Symbol('f')]: () => {} }, names: [] },
    { name: 'no class', instance: { Helper: class {}, Old, f() {} }, names: ['f'] },
    { name: 'an async generator, and no other one', instance: { *a() {}, async *b() {}, c() {} }, names: ['b', 'c'] },
    {
      name: 'a function that cannot be enumerated',
      instance: Object.defineProperty({}, 'f', { value() {} }),
      names: ['f'],
    },
    {
      name: 'nothing that an own property hides',
      instance: Object.assign(Object.create({ a() {}, b() {}, c() {} }), { a: null, b: 1 }),
      names: ['c'],
    },
    {
      name: 'nothing that a getter hides or gives',
      instance: Object.defineProperty(Object.create({ a() {} }), 'a', { get: trap, enumerable: true }),
      names: [],
    },
    {
      name: 'a function named like what is found everywhere',
      instance: { toString() {}, hasOwnProperty() {} },
      names: ['toString', 'hasOwnProperty'],
    },
  ];
  for (const { name, instance, names } of cases) {
    it(`has ${name}`, () => assert.deepEqual(methodNames(instance), names));
  }

  it('goes with methodsOf, which has the function that a call would find', () => {
    const remote = new Remote();
    for (const [name, fn] of methodsOf(remote)) assert.equal(fn, Reflect.get(remote, name), name);
  });
});

describe('isClass', () => {
  const cases: { name: string; fn: unknown; is: boolean }[] = [
    { name: 'a class', fn: Remote, is: true },
    { name: 'an empty class', fn: class {}, is: true },
    { name: 'a frozen class', fn: Object.freeze(class {}), is: true },
    { name: 'a constructor with functions on its prototype', fn: Old, is: true },
    { name: 'a constructor that inherits', fn: Object.setPrototypeOf(function F() {}, Old), is: false },
    { name: 'a function', fn: function factory() {}, is: false },
    { name: 'a frozen function', fn: Object.freeze(function factory() {}), is: false },
    { name: "another realm's function", fn: runInNewContext('(function factory() {})'), is: false },
    { name: "another realm's class", fn: runInNewContext('(class {})'), is: true },
    { name: 'an arrow function', fn: () => {}, is: false },
    { name: 'an async function', fn: async () => {}, is: false },
    { name: 'a generator', fn: function* () {}, is: false },
    { name: 'an async generator', fn: async function* () {}, is: false },
    { name: 'a function without a prototype', fn: Object.assign(function f() {}, { prototype: null }), is: false },
    { name: 'a bound class', fn: Remote.bind(null), is: false },
    { name: 'a method named class', fn: { class() {} }.class, is: false },
  ];
  for (const { name, fn, is } of cases) {
    it(`is ${is} of ${name}`, () => assert.equal(isClass(fn as Method), is));
  }
});
