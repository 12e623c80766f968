import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, it } from 'node:test';
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { until } from '../support/until.js';
import { call, failure, makeGate, serve, unusedPort } from './support.js';

const store = new AsyncLocalStorage<string | object>();
const USERS = ['anna', 'ben', 'cleo'];

/** Pairs of the user whose call it was, and the store that the user's function saw. */
type Seen = [user: unknown, store: unknown][];

function wrong(seen: Seen, mayBeNone: boolean): Seen {
  return seen.filter(([user, found]) => found !== user && !(mayBeNone && found === undefined));
}

describe("a user's function sees the AsyncLocalStorage store of its own call, or none", () => {
  it('in filters, routers and methods, also of the calls that wait for the connection', async (t) => {
    const served: unknown[] = [];
    const { info } = await serve(t, { f: (user: string) => void served.push(user, store.getStore()) });
    const [before, after, routed]: Seen[] = [[], [], []];
    const { client, calls } = await call(t, [info], {
      router: (user: unknown) => {
        routed?.push([user, store.getStore()]);
        return 'test-1';
      },
    });
    client.before((_id, { args }, _options, next) => {
      before?.push([args[0], store.getStore()]);
      next();
    });
    client.after((_id, { args }, _options, next) => {
      after?.push([args[0], store.getStore()]);
      next();
    });
    for (let round = 0; round < 2; round++) {
      await Promise.all(USERS.map((user) => store.run(user, () => calls.f(user, user))));
    }
    assert.deepEqual([before?.length, after?.length, routed?.length], [6, 6, 6]);
    assert.deepEqual([wrong(before ?? [], false), wrong(after ?? [], true), wrong(routed ?? [], false)], [[], [], []]);
    assert.deepEqual([...new Set(served.filter((_, at) => at % 2 === 1))], [undefined]);
  });

  it('in listeners and callbacks of calls that another caller cancels', async (t) => {
    const { info } = await serve(t, { never: () => new Promise(() => {}) });
    const { client, calls } = await call(t, [info]);
    const [listeners, callbacks]: Seen[] = [[], []];
    client.on('error', () => void listeners?.push([undefined, store.getStore()]));
    const controller = new AbortController();
    const ended = USERS.map(
      (user) =>
        new Promise<void>((resolve) => {
          store.run(user, () => {
            calls.never.with({ signal: controller.signal })(user, () => {
              callbacks?.push([user, store.getStore()]);
              resolve();
            });
          });
        }),
    );
    await turn();
    store.run('another', () => controller.abort());
    await Promise.all(ended);
    assert.deepEqual([listeners?.length, callbacks?.length], [3, 3]);
    assert.deepEqual([wrong(listeners ?? [], true), wrong(callbacks ?? [], false)], [[], []]);
  });

  it('in filters and routers of a second attempt', async (t) => {
    const gate = makeGate();
    const dying = await serve(t, { f: () => gate.pass() }, { id: 'dying-1' });
    const { info } = await serve(t, { f: () => 1 });
    const routed: Seen = [];
    const filtered: Seen = [];
    const { client, calls } = await call(t, [dying.info, info], {
      failMode: 'failover',
      router: (user: unknown) => {
        routed.push([user, store.getStore()]);
        return routed.length <= USERS.length ? 'dying-1' : 'test-1';
      },
    });
    client.before((_id, { args }, _options, next) => {
      filtered.push([args[0], store.getStore()]);
      next();
    });
    const made = USERS.map((user) => store.run(user, () => calls.f.with({ idempotent: true })(user, user)));
    await gate.arrivals(USERS.length);
    await dying.server.stop(true);
    assert.deepEqual(await Promise.all(made), [1, 1, 1]);
    assert.ok(routed.length >= 6 && filtered.length >= 6);
    assert.deepEqual([wrong(routed, false), wrong(filtered, false)], [[], []]);
  });

  it('in events of the station, which no call owns', async (t) => {
    const { info, server } = await serve(t, { f: () => 1 });
    const port = await unusedPort(t);
    const { client, calls } = await call(t, [info, { id: 'down-1', serverType: 'test', port }]);
    const seen: unknown[] = [];
    for (const event of ['mailbox', 'close'] as const) client.on(event, () => seen.push(store.getStore()));
    await store.run('anna', () => calls.f.toServer('test-1'));
    await store.run('ben', () => failure(calls.f.with({ timeout: 50 }).toServer('down-1')));
    await server.stop(true);
    await until(() => seen.length >= 5, { what: 'the events' });
    assert.deepEqual([...new Set(seen)], [undefined]);
  });

  it('in methods of a server that was started in a context', async (t) => {
    const seen: unknown[] = [];
    const { info } = await store.run('starter', () => serve(t, { f: () => void seen.push(store.getStore()) }));
    const { calls } = await call(t, [info]);
    await calls.f(null);
    assert.deepEqual(seen, [undefined]);
  });

  it('and the store of the first call is not held for the life of its connection', async (t) => {
    setFlagsFromString('--expose-gc');
    const gc = runInNewContext('gc') as () => void;
    const { info } = await serve(t, { f: () => 1 });
    const { calls } = await call(t, [info]);
    let isHeld = true;
    const registry = new FinalizationRegistry<undefined>(() => {
      isHeld = false;
    });
    const first = async (): Promise<void> => {
      const request = { user: 'anna' };
      registry.register(request, undefined);
      await store.run(request, () => calls.f(null));
    };
    await first();
    await until(
      async () => {
        await calls.f(null);
        gc();
        await sleep(1);
        return !isHeld;
      },
      { what: 'the store to be collected' },
    );
  });
});
