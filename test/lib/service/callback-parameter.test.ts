import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runInNewContext } from 'node:vm';
import { answerStyle } from '../../../lib/service/callback-parameter.js';
import type { Method } from '../../../lib/service/methods.js';

/** The sources are evaluated, so that the compiler of the tests does not rewrite them. */
function style(
  source: string,
  option = false,
): { callbacks: boolean; parameters: number; isCalled: boolean; fillTo: number } {
  const fn = runInNewContext(`(${source})`) as Method;
  const { callbacks, takes } = answerStyle(fn, option);
  return { callbacks, ...takes };
}

describe('answerStyle, without the option', () => {
  const certain: Record<string, string> = {
    'a callback that is called with null': 'function (a, whenDone) { whenDone(null, a); }',
    'one that a timer calls': '(a, k) => { setTimeout(() => k(null, a), 5); }',
    'one that is called with an error':
      'function (a, k) { query(a, (err, rows) => { if (err) return k(err); k(null, rows); }); }',
    'one that is called with a new error': 'function (a, k) { k(new RangeError(a)) }',
    'one that a minifier has named': 'function(t,e){e(void 0,t)}',
    'one that is called optionally': '(a, k) => k?.(null, a)',
    'one that is called with nothing, under a usual name': 'function (a, cb) { cb(); }',
    'one with a default value': 'function (a, callback = () => {}) { callback(null, a); }',
    'one behind a default value with a comma': 'function (a = [1, 2], { b } = { b: "," }, cb) { cb(null, a, b); }',
    'one of an async function': 'async function (a, cb) { await a; cb(null, a); }',
    'one whose list has comments': 'function (a /* , b) */, cb // the end\n) { cb(null, a); }',
    'one whose name has a dollar': '(a, $cb) => $cb(null, a)',
    'one of a method with a computed name': '{ [["a"].join()](a, cb) { cb(null, a); } }["a"]',
  };
  for (const [name, source] of Object.entries(certain)) {
    it(`finds ${name}`, () => {
      const found = style(source);
      assert.equal(found.callbacks, true);
      assert.equal(found.isCalled, true);
    });
  }

  const likely: Record<string, string> = {
    'a usual name': 'function (a, callback) { invokeCallback(callback, null, a); }',
    'a usual ending': 'function (a, onDoneCallback) { later(a, onDoneCallback); }',
    'a name of some callbacks, which is passed on': 'function (a, next) { step(a, next); }',
    'a name of some callbacks, which is called': 'function (a, done) { done(a); }',
    'a callback that is looked at before':
      'function (a, cb) { if (typeof cb === "function") cb(null, a); else return a; }',
  };
  for (const [name, source] of Object.entries(likely)) {
    it(`takes ${name} for a callback where nothing else is there`, () => {
      const found = style(source);
      assert.deepEqual([found.callbacks, found.isCalled], [true, false]);
    });
  }

  const values: Record<string, string> = {
    'no parameter': '() => 1',
    'parameters that are data': '(a, b) => a + b',
    'an optional parameter': 'function (text, times) { return text.repeat(times ?? 2); }',
    'an optional parameter that is passed on': 'function (id, options) { return find(id, options); }',
    'a callback that the body never mentions': 'function (a, cb) { return [a, "cb()", this.cb, cbs]; }',
    'a flag': 'function (id, done) { items[id].done = done; }',
    'a page': 'function (page, next) { return { page, next }; }',
    'a function of another shape': 'function (list, compare) { return list.sort((a, b) => compare(a, b)); }',
    'a rest parameter': '(...args) => args.length',
    'a pattern': '({ cb }, [callback]) => 1',
    'a call that stands in a text or a comment':
      'function (a, k) { /* k(null) */ return "k(null)" + `k(null)` + /k(null)/.source; }',
    'a method of the same name': 'function (a, k) { return this.k(null, a) + k; }',
  };
  for (const [name, source] of Object.entries(values)) {
    it(`leaves a method alone that has ${name}`, () => assert.equal(style(source).callbacks, false));
  }

  it('leaves alone a function without a source', () => {
    const bound = ((_a: number, cb: () => void) => cb()).bind(null) as Method;
    assert.deepEqual(answerStyle(bound, false).callbacks, false);
    assert.equal(answerStyle(bound, true).takes.parameters, Number.POSITIVE_INFINITY);
  });
});

describe('answerStyle, with the option', () => {
  it('gives every function a callback, but an async one only where that takes one', () => {
    assert.equal(style('(a, b) => a + b', true).callbacks, true);
    assert.equal(style('async (a, b) => a + b', true).callbacks, false);
    assert.equal(style('async (a, cb) => { cb(null, a); }', true).callbacks, true);
  });
});

describe('answerStyle, the number of parameters', () => {
  const cases: [source: string, parameters: number][] = [
    ['() => 1', 0],
    ['a => a', 1],
    ['async a => a', 1],
    ['(a, b = (1, 2), { c, d } = {}) => 1', 3],
    ['function (a, b,) { return 1; }', 2],
    ['(a, ...more) => 1', Number.POSITIVE_INFINITY],
    ['function () { return arguments.length; }', Number.POSITIVE_INFINITY],
    ['() => { const arguments_ = 1; return arguments_; }', 0],
  ];
  for (const [source, parameters] of cases) {
    it(`of ${source}`, () => assert.equal(style(source).parameters, parameters));
  }
});

describe('answerStyle, missing arguments', () => {
  it('are filled up before a callback', () => {
    assert.equal(style('function (a, b, cb) { cb(null, a); }').fillTo, 2);
  });
  for (const source of [
    'function (a, b, cb) { if (typeof b === "function") { cb = b; b = {}; } cb(null, a); }',
    'function (a, b, cb) { cb = cb || b; cb(null, a); }',
    'function (a, b, cb) { invokeCallback(cb, null, a); }',
    'function (a, cb) { arguments.length; cb(null, a); }',
  ]) {
    it(`are left out where a method moves its arguments along: ${source}`, () => assert.equal(style(source).fillTo, 0));
  }
});
