import assert from 'node:assert/strict';
import { readFile } from 'node:fs';
import { describe, it } from 'node:test';
import { runInNewContext } from 'node:vm';
import { RpcCode, RpcError } from '../../../lib/errors.js';
import { explainMissingCallback, methodError } from '../../../lib/service/method-failure.js';
import type { Method } from '../../../lib/service/methods.js';

describe('methodError', () => {
  it('leaves an Error as it is, of whatever realm', () => {
    for (const error of [
      new RangeError('x'),
      new RpcError(RpcCode.Timeout, 'x'),
      runInNewContext('new TypeError("x")'),
    ]) {
      assert.equal(methodError(error), error);
    }
  });

  const throwing = {
    get message(): string {
      throw new Error('a getter');
    },
  };
  const cases: { name: string; thrown: unknown; message: string; code?: unknown; named?: string }[] = [
    { name: 'a string', thrown: 'no such room', message: 'no such room' },
    { name: 'an empty string', thrown: '', message: 'failed with an empty string' },
    { name: 'undefined', thrown: undefined, message: 'failed with undefined' },
    { name: 'null', thrown: null, message: 'failed with null' },
    { name: 'a number', thrown: 500, message: 'failed with 500' },
    { name: 'a symbol', thrown: Symbol('x'), message: 'failed with Symbol(x)' },
    { name: 'a function', thrown: () => 'source', message: 'failed with a function' },
    { name: 'an object', thrown: { secret: 1 }, message: 'failed with an object that is not an Error' },
    {
      name: 'an object with a code',
      thrown: { code: 500 },
      message: 'failed with an object that is not an Error',
      code: 500,
    },
    {
      name: 'an object like an error',
      thrown: { name: 'DbError', message: 'gone', code: 'E_DB', stack: 5 },
      message: 'gone',
      code: 'E_DB',
      named: 'DbError',
    },
    {
      name: 'an object with odd parts',
      thrown: { name: 1, message: {}, code: {} },
      message: 'failed with an object that is not an Error',
      code: {},
    },
    { name: 'an object that throws', thrown: throwing, message: 'failed with an object that is not an Error' },
    {
      name: 'an object without a prototype',
      thrown: Object.create(null),
      message: 'failed with an object that is not an Error',
    },
  ];
  for (const { name, thrown, message, code, named } of cases) {
    it(`makes one of ${name}`, () => {
      const error = methodError(thrown) as Error & { code?: unknown };
      assert.ok(error instanceof Error, 'it is no Error');
      assert.equal(error.message, message);
      assert.deepEqual(error.code, code);
      assert.equal(error.name, named ?? 'Error');
      assert.match(error.stack ?? '', /method-failure/);
    });
  }
});

describe('explainMissingCallback', () => {
  /** Error of a function that is called with these arguments, as explainMissingCallback words it. */
  function failureOf(fn: unknown, args: unknown[]): { thrown: Error; error: Error } {
    try {
      (fn as Method)(...args);
    } catch (thrown) {
      assert.ok(thrown instanceof Error, 'it threw no Error');
      const method = { name: 'user.chat.send', fn: fn as Method, self: {}, callbacks: false };
      return { thrown, error: explainMissingCallback(method, args.length, thrown) };
    }
    return assert.fail('it did not throw');
  }
  type Callback = (...results: unknown[]) => void;
  const helper = (callback: Callback) => callback();

  const missed: { name: string; fn: unknown; args: unknown[] }[] = [
    {
      name: 'a function',
      fn: (a: number, cb: Callback) => {
        cb(null, a);
      },
      args: [1],
    },
    { name: 'an arrow function', fn: (a: number, $done: Callback) => $done(null, a), args: [1] },
    { name: 'an arrow function of one parameter', fn: (cb: Callback) => cb(null), args: [] },
    { name: 'an arrow function without parentheses', fn: Function('return next => next()')(), args: [] },
    {
      name: 'a method',
      fn: {
        send(a: number, callback: Callback) {
          callback(null, a);
        },
      }.send,
      args: [1],
    },
    {
      name: 'a method with a comment',
      fn: Function('return { f(a /* one, two */, cb /* last */) { cb() } }.f')(),
      args: [1],
    },
    { name: 'one that got fewer arguments still', fn: (_a: number, _b: number, cb: Callback) => cb(null), args: [1] },
    { name: 'one that hands it to Node', fn: (file: string, cb: Callback) => readFile(file, cb), args: ['x'] },
    { name: 'one that hands it to nextTick', fn: (cb: Callback) => process.nextTick(cb), args: [] },
  ];
  for (const { name, fn, args } of missed) {
    it(`names the option where ${name} missed its callback`, () => {
      const { thrown, error } = failureOf(fn, args);
      assert.ok(error instanceof RpcError, `${error}`);
      assert.equal(error.code, RpcCode.NeedsCallback);
      assert.match(error.message, /user\.chat\.send.*callbacks: true/);
      assert.equal(error.method, 'user.chat.send');
      assert.equal(error.cause, thrown);
    });
  }

  const other: { name: string; fn: unknown; args: unknown[] }[] = [
    { name: 'all arguments were sent', fn: (cb: Callback) => cb(), args: [undefined] },
    {
      name: 'all were sent, and Node got undefined',
      fn: (_a: number) => process.nextTick(undefined as never),
      args: [1],
    },
    {
      name: "the words are Node's and the error is not",
      fn: (_cb: Callback) => {
        throw new TypeError('f must be of type function. Received undefined');
      },
      args: [],
    },
    { name: 'something else was no function', fn: (a: { f: Callback }, _cb: Callback) => a.f(), args: [{}] },
    { name: 'a parameter that was sent was no function', fn: (a: Callback, _cb: Callback) => a(), args: [1] },
    {
      name: 'a local variable was no function',
      fn: (_a: number, _cb: Callback) => {
        const local = undefined as unknown as Callback;
        local();
      },
      args: [1],
    },
    {
      name: 'the error is of another type',
      fn: (_cb: Callback) => {
        throw new Error('_cb is not a function');
      },
      args: [],
    },
    { name: 'Node got something else', fn: (_a: number, _cb: Callback) => Buffer.from(undefined as never), args: [1] },
    {
      name: 'a function that it calls was no function to another',
      fn: (_a: number, cb: Callback) => helper(cb),
      args: [1],
    },
    { name: 'undefined was read', fn: (_a: number, b: { c: number }) => b.c, args: [1] },
    { name: 'the parameter has a default', fn: (_a: number, cb: Callback = undefined as never) => cb(), args: [1] },
    { name: 'the parameters are taken apart', fn: ({ a: _a }: { a: number }, cb: Callback) => cb(), args: [{}] },
    { name: 'its source cannot be read', fn: ((_a: number, cb: Callback) => cb()).bind(null), args: [1] },
  ];
  for (const { name, fn, args } of other) {
    it(`leaves the error alone where ${name}`, () => {
      const { thrown, error } = failureOf(fn, args);
      assert.equal(error, thrown);
    });
  }

  it('leaves the error of an async function alone, which the option would not help', async () => {
    const fn = async (_a: unknown, cb: Callback) => cb();
    const thrown = await fn(1, undefined as never).then(
      () => assert.fail(),
      (error: Error) => error,
    );
    assert.match(thrown.message, /cb is not a function/);
    assert.equal(
      explainMissingCallback({ name: 'a.b.c', fn: fn as Method, self: {}, callbacks: false }, 1, thrown),
      thrown,
    );
  });
});
