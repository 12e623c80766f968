import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { pathToFileURL } from 'node:url';
import { tsImport } from 'tsx/esm/api';
import { readText } from '../architecture/house.js';
import { type Calls, call, failure, serve } from './support.js';

type Done = (error?: unknown, ...results: unknown[]) => void;

/** Calls of a service on a server of its own. */
async function callsOf(t: TestContext, service: object, callbacks = false): Promise<Calls> {
  const served = await serve(t, service, { callbacks });
  return (await call(t, [served])).calls;
}

describe('methods of one module that answer in different ways', () => {
  it('are served as the page about types has them', async (t) => {
    const [, source = ''] =
      /^```ts\n(\/\/ remote\/test\/module1\.ts\n.*?)^```/ms.exec(readText('docs/types.md')) ??
      assert.fail('no example');
    const folder = mkdtempSync(join(tmpdir(), 'mailstation-mixed-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, 'module1.mts');
    writeFileSync(file, source);
    const { default: factory } = await tsImport(pathToFileURL(file).href, import.meta.url);
    const calls = await callsOf(t, factory({ serverId: 'test-1' }));

    assert.deepEqual(
      await new Promise((resolve) => calls.func1(null, 1, 2, (...outcome: unknown[]) => resolve(outcome))),
      [null, 3, 'test-1'],
    );
    assert.equal(await calls.func2(null, 1, 2), 3);
    assert.deepEqual([await calls.func3(null, 'ab'), await calls.func3(null, 'ab', 3)], ['abab', 'ababab']);
  });

  it('are named in the log where they get a callback and no option says so', async (t) => {
    const service = { f: (a: number, cb: Done) => cb(null, a), g: () => 1 };
    const { log } = await serve(t, service);
    assert.match(log[0] ?? '', /get one: user\.service\.f; the option callbacks: false changes nothing about them /);
    for (const callbacks of [false, true]) assert.equal((await serve(t, service, { callbacks })).log.length, 1);
    assert.equal((await serve(t, { g: () => 1 })).log.length, 1, 'only where it listens');
  });

  it('wait for the callback that a method visibly takes, whatever the method returns meanwhile', async (t) => {
    const calls = await callsOf(t, {
      later: (a: number, cb: Done) => setTimeout(() => cb(null, a), 2),
      promised: (a: number, cb: Done) => Promise.resolve().then(() => void setTimeout(cb, 2, null, a)),
      async awaited(a: number, cb: Done) {
        await null;
        setTimeout(() => cb(null, a), 2);
      },
      emitting: async (a: number, cb: Done) => ({ on() {}, timer: setTimeout(() => cb(null, a), 2) }),
      fails: (_a: number, cb: Done) => setTimeout(() => cb(new RangeError('too late')), 2),
    });
    for (const name of ['later', 'promised', 'awaited', 'emitting']) assert.equal(await calls[name](null, 7), 7, name);
    assert.equal(((await failure(calls.fails(null, 7))).cause as Error).name, 'RangeError');
  });

  it('get undefined for arguments that are missing before the callback', async (t) => {
    const calls = await callsOf(t, { f: (a: unknown, b: unknown, cb: Done) => setTimeout(() => cb(null, [a, b]), 2) });
    assert.deepEqual(await calls.f(null, 1), [1, undefined]);
  });

  for (const callbacks of [false, true]) {
    it(`are not started with an argument in the place of the callback, callbacks: ${callbacks}`, async (t) => {
      let runs = 0;
      const calls = await callsOf(
        t,
        {
          late(a: number, cb: Done) {
            runs += 1;
            setTimeout(() => cb(null, a), 2);
          },
        },
        callbacks,
      );
      const error = await failure(calls.late(null, 1, 2));
      assert.deepEqual([error.code, error.delivery], ['ERR_RPC_NEEDS_CALLBACK', 'answered']);
      assert.match(error.message, /user\.service\.late was not started with 2 arguments: it takes 1 and then calls/);
      assert.equal(runs, 0);
    });
  }

  it('answer by their value, with the option too, where no place is left for a callback', async (t) => {
    const calls = await callsOf(t, { add: (a: number, b: number) => a + b, nothing() {} }, true);
    assert.equal(await calls.add(null, 1, 2), 3);
    const late = await failure(calls.nothing.with({ timeout: 400 })(null));
    assert.match(late.message, /the method has returned and has not called its callback/);
  });

  it('say in the error of a late call that they returned and never called back', async (t) => {
    const calls = await callsOf(t, { add: (a: number, b: number) => a + b, silent(_cb: Done) {} }, true);
    const late = await failure(calls.add.with({ timeout: 400 })(null, 1));
    assert.equal(late.code, 'ERR_RPC_TIMEOUT');
    assert.equal(late.timing?.server?.hasReturned, true);
    assert.match(late.message, /still running: the method has returned and has not called its callback/);
    const silent = await failure(calls.silent.with({ timeout: 400 })(null));
    assert.match(silent.message, /still running/);
    assert.equal(silent.timing?.server?.hasReturned, undefined);
  });
});
