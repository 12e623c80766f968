import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, it, type TestContext } from 'node:test';
import { userCallback, withCallback } from '../../lib/callback.js';
import { throwUncaught } from '../../lib/uncaught.js';
import { until } from '../support/until.js';

/** What would have been thrown out of the process's ticks. */
function catchUncaught(t: TestContext): unknown[] {
  const thrown: unknown[] = [];
  t.mock.method(process, 'nextTick', (callback: () => void) => {
    try {
      callback();
    } catch (error) {
      thrown.push(error);
    }
  });
  return thrown;
}

describe('userCallback', () => {
  it('runs in the async context in which it was handed over', () => {
    const storage = new AsyncLocalStorage<string>();
    const seen: (string | undefined)[] = [];
    const callback = storage.run('the caller', () => userCallback(() => seen.push(storage.getStore())));
    storage.run('the connection', () => callback());
    assert.deepEqual(seen, ['the caller']);
  });

  it('hands on all arguments', () => {
    const seen: unknown[] = [];
    userCallback((...args: unknown[]) => seen.push(...args))(null, 1, undefined, 'x');
    assert.deepEqual(seen, [null, 1, undefined, 'x']);
  });

  it('makes what it throws an uncaught exception, and not its caller’s', (t) => {
    const thrown = catchUncaught(t);
    const boom = new Error('boom');
    const callback = userCallback(() => {
      throw boom;
    });
    callback();
    assert.deepEqual(thrown, [boom]);
  });
});

describe('throwUncaught', () => {
  it('throws on a stack of its own', (t) => {
    const thrown = catchUncaught(t);
    throwUncaught(5);
    assert.deepEqual(thrown, [5]);
  });
});

describe('withCallback', () => {
  it('returns the promise, and calls back as well', async () => {
    const seen: unknown[][] = [];
    const promise = Promise.resolve('done');
    assert.equal(
      withCallback(promise, (...args) => seen.push(args)),
      promise,
    );
    await until(() => seen.length > 0, { what: 'the callback' });
    assert.deepEqual(seen, [[null, 'done']]);
  });

  it('calls back with nothing but null where there is no value', async () => {
    const seen: unknown[][] = [];
    withCallback(Promise.resolve(), (...args) => seen.push(args));
    await until(() => seen.length > 0, { what: 'the callback' });
    assert.deepEqual(seen, [[null]]);
  });

  it('calls back with the error; who has a callback need not catch the promise too', async () => {
    const boom = new Error('boom');
    const seen: unknown[][] = [];
    withCallback(Promise.reject(boom), (...args) => seen.push(args)); // an unhandled rejection would fail the test
    await until(() => seen.length > 0, { what: 'the callback' });
    assert.deepEqual(seen, [[boom]]);
  });

  it('leaves a promise alone that nobody wants to be called back for', async () => {
    const promise = Promise.resolve(5);
    assert.equal(withCallback(promise, undefined), promise);
  });

  it('runs the callback in the async context of the caller', async () => {
    const storage = new AsyncLocalStorage<string>();
    let finish = () => {};
    const promise = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const seen: (string | undefined)[] = [];
    storage.run('the caller', () => withCallback(promise, () => seen.push(storage.getStore())));
    storage.run('whoever finishes it', finish);
    await until(() => seen.length > 0, { what: 'the callback' });
    assert.deepEqual(seen, ['the caller']);
  });
});
