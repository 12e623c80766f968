import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, it } from 'node:test';
import { until } from '../support/until.js';
import { Registry, sharedWorld, subscribed } from './shared-client-support.js';

const store = new AsyncLocalStorage<string>();

class Watched extends Registry {
  readonly madeIn = store.getStore();
  *walk(): Generator<unknown, unknown> {
    const seen = [store.getStore()];
    yield Promise.resolve();
    seen.push(store.getStore());
    yield (callback: () => void) => void setImmediate(callback);
    seen.push(store.getStore());
    yield [Promise.resolve(), { a: Promise.resolve() }];
    return [...seen, store.getStore()];
  }
  async where(): Promise<unknown> {
    this.emit('asked');
    return [store.getStore(), this.madeIn];
  }
  whereLater(callback: (error: null, where: unknown) => void): void {
    setImmediate(() => callback(null, store.getStore()));
  }
}

/** Runs a delegated generator method as co does, on native promises. */
async function run(generator: Generator<unknown, unknown>): Promise<unknown> {
  let step = generator.next();
  while (step.done !== true) step = generator.next(await step.value);
  return step.value;
}

const CALLERS = ['ada', 'bob', 'eve'];

describe('AsyncLocalStorage and a shared client', () => {
  for (const options of [{}, { localCopies: false }, { singleMode: true }]) {
    const client = async (t: Parameters<typeof sharedWorld>[0]) => {
      const world = await sharedWorld(t, options);
      return { world, shared: store.run('maker', () => world.join(Watched)) };
    };

    it(`methods see the store of their own call, also of a call that waits: ${JSON.stringify(options)}`, async (t) => {
      const { shared } = await client(t);
      const waiting = CALLERS.map((caller) => store.run(caller, () => shared.where()));
      assert.deepEqual(
        await Promise.all(waiting),
        CALLERS.map((caller) => [caller, undefined]),
      );
      assert.deepEqual(await store.run('zoe', () => shared.where()), ['zoe', undefined]);
    });

    it(`generators keep the store across each yield: ${JSON.stringify(options)}`, async (t) => {
      const { shared } = await client(t);
      await shared.ready();
      const walks = CALLERS.map((caller) => store.run(caller, () => run(shared.walk())));
      assert.deepEqual(
        await Promise.all(walks),
        CALLERS.map((caller) => Array(4).fill(caller)),
      );
    });

    it(`callbacks see the store of their call: ${JSON.stringify(options)}`, async (t) => {
      const { world } = await client(t);
      const shared = world.join(Watched, { build: (builder) => builder.delegate('whereLater') });
      const seen = await Promise.all(
        CALLERS.map((caller) =>
          store.run(caller, () => new Promise((resolve) => void shared.whereLater(() => resolve(store.getStore())))),
        ),
      );
      assert.deepEqual(seen, CALLERS);
      const ready = store.run('ready', () => new Promise((resolve) => shared.ready(() => resolve(store.getStore()))));
      assert.equal(await ready, 'ready');
    });

    it(`listeners see the store of no caller: ${JSON.stringify(options)}`, async (t) => {
      const { world, shared } = await client(t);
      await shared.ready();
      const other = world.join(Watched);
      const seen: unknown[] = [];
      store.run('subscriber', () => {
        shared.subscribe({ id: 'a' }, () => seen.push(store.getStore()));
        other.subscribe({ id: 'a' }, () => seen.push(store.getStore()));
        shared.on('asked', () => seen.push(store.getStore()));
      });
      await other.ready();
      await subscribed('a');
      store.run('publisher', () => shared.publish({ id: 'a', value: 1 }));
      await store.run('caller', () => shared.where());
      await until(() => seen.length === 3, { what: 'two values and an event' });
      assert.deepEqual(seen, [undefined, undefined, undefined]);
    });
  }
});
