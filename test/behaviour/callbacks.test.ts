import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, it } from 'node:test';
import { spawnProcess } from '../support/spawn-process.js';
import { call, serve } from './support.js';

/** What a callback was called with. */
function outcomeOf(start: (callback: (...outcome: unknown[]) => void) => unknown): Promise<unknown[]> {
  return new Promise((resolve) => start((...outcome) => resolve(outcome)));
}

describe('a callback', () => {
  it('as the last argument gets all results, and then nothing is returned', async (t) => {
    const service = {
      many: (...args: unknown[]) => (args.at(-1) as (...results: unknown[]) => void)(null, 'a', 'b', 'c'),
    };
    const served = await serve(t, service, { callbacks: true });
    const { client, calls } = await call(t, [served]);
    const msg = { namespace: 'user', serverType: 'test', service: 'service', method: 'many', args: [] };
    const forms: ((callback: (...outcome: unknown[]) => void) => unknown)[] = [
      (callback) => calls.many(null, callback),
      (callback) => calls.many({ uid: 1 }, 1, 2, callback),
      (callback) => calls.many.toServer('test-1', callback),
      (callback) => calls.many.to('test-1')(callback),
      (callback) => calls.many.route(null)(callback),
      (callback) => calls.many.defaultRoute(callback),
      (callback) => calls.many.with({ timeout: 5_000 })(null, callback),
      (callback) => client.rpcInvoke('test-1', msg, callback),
    ];
    for (const form of forms) {
      let returned: unknown;
      const outcome = await outcomeOf((callback) => {
        returned = form(callback);
      });
      assert.deepEqual(outcome, [null, 'a', 'b', 'c']);
      assert.equal(returned, undefined);
    }
    assert.equal(await calls.many(null), 'a', 'and a promise the first');
  });

  it('gets nothing but null where there is no result', async (t) => {
    const served = await serve(t, { nothing() {} });
    const { calls } = await call(t, [served]);
    assert.deepEqual(await outcomeOf((callback) => calls.nothing(null, callback)), [null]);
    assert.equal(await calls.nothing(null), undefined);
  });

  it('gets an error, and nothing beside it', async (t) => {
    const served = await serve(t, { f: () => 1 });
    const { calls } = await call(t, [served]);
    for (const form of [
      (callback: unknown) => calls.missing(null, callback),
      (callback: unknown) => calls.f.toServer('nobody-1', callback),
      (callback: unknown) => calls.f(null, Symbol('s'), callback),
    ]) {
      const outcome = await outcomeOf(form);
      assert.equal(outcome.length, 1);
      assert.match((outcome[0] as Error & { code: string }).code, /^ERR_RPC_/);
    }
  });

  it('is only ever the last argument', async (t) => {
    const served = await serve(t, { f: (...args: unknown[]) => args.length });
    const { calls } = await call(t, [served]);
    const [error] = await outcomeOf((callback) => calls.f(null, () => {}, 1, callback));
    assert.equal((error as Error & { code: string }).code, 'ERR_RPC_ENCODE');
  });

  it('runs in the async context of its caller, in every form, and whatever the outcome', async (t) => {
    const served = await serve(t, { f: () => 1, fail: () => Promise.reject(new Error('boom')) });
    const { calls } = await call(t, [served]);
    const storage = new AsyncLocalStorage<string>();
    const forms: Record<string, (callback: (...outcome: unknown[]) => void) => void> = {
      'while connecting': (callback) => calls.f(null, callback),
      'on a connection that stands': (callback) => calls.f(null, callback),
      'with an error of the method': (callback) => calls.fail(null, callback),
      'with an error of ours, at once': (callback) => calls.f.toServer('nobody-1', callback),
      'at its deadline': (callback) => calls.f.with({ timeout: 1 }).toServer('test-1', 'x'.repeat(1_000_000), callback),
      'with all outcomes': (callback) => calls.f.toServer('*', callback),
    };
    const seen = await Promise.all(
      Object.keys(forms).map((form) =>
        storage.run(form, () => new Promise((resolve) => forms[form]?.(() => resolve(storage.getStore())))),
      ),
    );
    assert.deepEqual(seen, Object.keys(forms));
    assert.equal(await storage.run('promised', () => calls.f(null).then(() => storage.getStore())), 'promised');
  });

  it('that throws is an uncaught exception, as in Node, and harms no other call', async (t) => {
    const { child } = await spawnProcess(t, new URL('./fixtures/throwing-callback.ts', import.meta.url));
    const done = (await child.next({ match: (message) => (message as { type: string }).type === 'done' })) as Record<
      string,
      unknown
    >;
    assert.deepEqual(done['results'], ['before', 'between', 'after', 'last']);
    assert.deepEqual((done['uncaught'] as string[]).toSorted(), [
      'thrown at once',
      'thrown by a broadcast',
      'thrown by the callback of a',
      'thrown by the callback of b',
    ]);
    assert.deepEqual(await child.exited, { code: 0, signal: null });
  });
});

describe('a callback of a call that fails at once', () => {
  it('runs after the call has returned, so that trying again from it is not a recursion', async (t) => {
    const { calls } = await call(t, []);
    let depth = 0;
    let deepest = 0;
    await new Promise<void>((resolve) => {
      let tries = 0;
      const attempt = () => {
        depth += 1;
        deepest = Math.max(deepest, depth);
        calls.f.toServer('nowhere', (error: { code: string }) => {
          assert.equal(error.code, 'ERR_RPC_NO_SERVER');
          if (++tries < 20_000) attempt();
          else resolve();
        });
        depth -= 1;
      };
      attempt();
    });
    assert.equal(deepest, 1);
  });
});
