import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isGeneratorMethod, promising } from '../../../../lib/cluster/real-client/generators.js';

const run = (body: (...args: unknown[]) => Generator, ...args: unknown[]) => promising(body)(...args);

describe('promising', () => {
  it('waits for a promise, and throws its rejection into the generator', async () => {
    const seen: unknown[] = [];
    const result = await run(function* () {
      seen.push(yield Promise.resolve(1));
      try {
        yield Promise.reject(new Error('refused'));
      } catch (error) {
        seen.push((error as Error).message);
      }
      return 'done';
    });
    assert.deepEqual([result, seen], ['done', [1, 'refused']]);
  });

  it('waits for thunks, generators, their functions, lists and objects of these', async () => {
    function* two(): Generator {
      return yield Promise.resolve(2);
    }
    const result = await run(function* () {
      const thunk: unknown = yield (callback: (error: unknown, value: unknown) => void) =>
        setImmediate(callback, null, 1);
      const generator: unknown = yield two();
      const method: unknown = yield two;
      const list: unknown = yield [Promise.resolve(3), two(), 4];
      const object: unknown = yield { five: Promise.resolve(5), two: two(), six: 6 };
      return [thunk, generator, method, list, object];
    });
    assert.deepEqual(result, [1, 2, 2, [3, 2, 4], { five: 5, two: 2, six: 6 }]);
  });

  it('fails with what a thunk fails with', async () => {
    const failing = run(function* () {
      yield (callback: (error: unknown) => void) => callback(new Error('by thunk'));
    });
    await assert.rejects(async () => await failing, { message: 'by thunk' });
  });

  it('fails a generator that yields what cannot be waited for', async () => {
    const failing = run(function* () {
      yield 42;
    });
    await assert.rejects(async () => await failing, /42/);
  });

  it('keeps `this` and the arguments', async () => {
    const self = {
      base: 40,
      *add(n: number): Generator {
        return this.base + ((yield Promise.resolve(n)) as number);
      },
    };
    assert.equal(await promising(self.add as never).call(self, 2), 42);
  });

  it('fails with what is thrown before anything is yielded', async () => {
    const none: unknown[] = [];
    const generator = run(function* () {
      if (none.length === 0) throw new Error('in the body');
      yield Promise.resolve();
    });
    await assert.rejects(async () => await generator, { message: 'in the body' });
  });
});

describe('isGeneratorMethod', () => {
  it('tells generator functions from others', () => {
    assert.equal(
      isGeneratorMethod(function* () {}),
      true,
    );
    for (const other of [() => {}, async () => {}, async function* () {}, undefined, {}]) {
      assert.equal(isGeneratorMethod(other), false);
    }
  });
});
