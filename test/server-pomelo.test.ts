import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { callContext } from '../lib/call-context.js';
import { asLogger, type Logger } from '../lib/diagnostics.js';
import { RpcCode, type RpcError } from '../lib/errors.js';
import { createClient } from '../node-client.js';
import { createServer, Server, type ServerOptions } from '../server.js';
import { folderOf } from './lib/service/files.js';

// biome-ignore lint/suspicious/noExplicitAny: proxies by name
type Any = any;

const quiet: Logger = { info() {}, warn() {}, error() {} };

async function calling(t: TestContext, server: Server): Promise<Any> {
  t.after(() => server.stop(true));
  await server.start();
  const client = createClient();
  t.after(() => client.stop(true));
  client.addProxies([
    { namespace: 'user', serverType: 'test' },
    { namespace: 'area', serverType: 'test' },
  ]);
  client.addServer({ id: 'test-1', serverType: 'test', port: server.port });
  await client.start();
  return client.proxies;
}

describe('the option services', () => {
  class Counter {
    count = 0;
    name = 'not what it is called by';
    add(by: number): number {
      this.count += by;
      return this.count;
    }
  }

  it('serves objects as they are, under the names that they are given, beside those of the paths', async (t) => {
    const counter = new Counter();
    const path = folderOf(t, { 'm.js': `exports.f = () => 'from a file'` });
    const services = { user: { counter }, area: { other: counter } };
    const server = createServer({ port: 0, logger: quiet, services, paths: [{ namespace: 'user', path }] });
    const { user, area } = await calling(t, server);
    assert.equal(await user.test.counter.add(null, 2), 2);
    assert.equal(await area.test.other.add(null, 3), 5);
    assert.equal(await user.test.m.f(null), 'from a file');
    assert.equal(counter.count, 5);
  });

  it('answers through callbacks where the server does', async (t) => {
    const m = { f: (cb: (...args: unknown[]) => void) => cb(null, 'called back') };
    const { user } = await calling(t, Server.create({ port: 0, logger: quiet, services: { user: { m } } }));
    assert.equal(await user.test.m.f(null), 'called back');
  });

  it('is left alone by a reload', async (t) => {
    const counter = new Counter();
    const server = createServer({ port: 0, logger: quiet, services: { user: { counter } } });
    const { user } = await calling(t, server);
    const result = await server.reloadRemotes();
    assert.deepEqual(result, { replaced: [], added: [], removed: [], kept: [], failed: [] });
    assert.equal(await user.test.counter.add(null, 1), 1);
  });

  it("may not take the name of a file's module", async (t) => {
    const path = folderOf(t, { 'm.js': 'exports.f = () => 1' });
    const services = { user: { m: { f() {} } } };
    const server = createServer({ port: 0, logger: quiet, services, paths: [{ namespace: 'user', path }] });
    await assert.rejects(server.start(), (error: RpcError) => {
      assert.equal(error.code, RpcCode.Load);
      return /the services option.*m\.js/.test(error.message) || /m\.js.*the services option/.test(error.message);
    });
  });
});

describe('names that pomelo-rpc has for an option', () => {
  it('take a port as a string', async (t) => {
    const server = createServer({ port: '0', logger: quiet });
    t.after(() => server.stop(true));
    await server.start();
    assert.ok(server.port > 0);
  });

  it('pkgSize bounds a frame, and maxFrameBytes goes before it', async (t) => {
    const services = { user: { m: { size: (text: string) => text.length } } };
    const sizes: Partial<ServerOptions>[] = [{ pkgSize: 1_000 }, { pkgSize: 1_000, maxFrameBytes: 10_000 }];
    const answers: unknown[] = [];
    for (const size of sizes) {
      const { user } = await calling(t, createServer({ port: 0, logger: quiet, services, ...size }));
      answers.push(await user.test.m.size(null, 'x'.repeat(2_000)).catch((error: RpcError) => error.code));
    }
    assert.deepEqual(answers, [RpcCode.FrameTooLarge, 2_000]);
  });

  it('buffMsg gathers answers for the interval', async (t) => {
    const services = { user: { m: { f: () => 1 } } };
    const { user } = await calling(t, createServer({ port: 0, logger: quiet, services, buffMsg: true, interval: 80 }));
    await user.test.m.f(null);
    const startedAt = performance.now();
    await user.test.m.f(null);
    assert.ok(performance.now() - startedAt > 70, `answered in ${performance.now() - startedAt} ms`);
  });

  it('rpcLogger takes the lines, and logger goes before it', async (t) => {
    for (const both of [false, true]) {
      const [lines, others]: [string[], string[]] = [[], []];
      const rpcLogger = { info: (line: string) => void lines.push(line), error() {}, debug() {} };
      const logger: Logger = { ...quiet, info: (line) => void others.push(line) };
      const server = createServer({ port: 0, rpcLogger, ...(both ? { logger } : {}) });
      t.after(() => server.stop(true));
      await server.start();
      assert.deepEqual([lines.length, others.length], both ? [0, 1] : [1, 0]);
    }
  });
});

describe('a logger', () => {
  it('with all levels gets each line at its own', () => {
    const lines: string[] = [];
    const write = (level: string) => (line: string) => void lines.push(`${level}: ${line}`);
    const logger = asLogger({ info: write('info'), warn: write('warn'), error: write('error') });
    logger?.info('a');
    logger?.warn('b');
    logger?.error('c');
    assert.deepEqual(lines, ['info: a', 'warn: b', 'error: c']);
  });

  it('without warnings gets them as errors, without information gets none, and is called on itself', () => {
    const lines: unknown[] = [];
    const old = {
      error(line: string): void {
        lines.push([this === old, line]);
      },
    };
    const logger = asLogger(old);
    logger?.info('info');
    logger?.warn('warning');
    logger?.error('error');
    assert.deepEqual(lines, [
      [true, 'warning'],
      [true, 'error'],
    ]);
    const warnings: string[] = [];
    asLogger({ ...old, warn: (line: string) => void warnings.push(line) })?.warn('as a warning');
    assert.deepEqual(warnings, ['as a warning']);
  });

  it('without errors is none', () => {
    for (const given of [undefined, null, 5, {}, { info() {}, warn() {} }]) assert.equal(asLogger(given), undefined);
  });
});

describe('a start that fails', () => {
  const failing = (t: TestContext) =>
    createServer({ port: 0, logger: quiet, paths: [{ namespace: 'user', path: join(folderOf(t, {}), 'nowhere') }] });

  it('is an error event for who listens, and does not end the process when nobody looks at the promise', async (t) => {
    const server = failing(t);
    const heard = new Promise<RpcError>((resolve) => server.on('error', (error) => resolve(error as RpcError)));
    void server.start(); // as in pomelo-rpc; an unhandled rejection would fail this test
    assert.equal((await heard).code, RpcCode.Load);
    await new Promise((resolve) => setTimeout(resolve, 10));
  });

  it('rejects all the same, and calls back', async (t) => {
    const server = failing(t);
    server.on('error', () => {});
    const called = new Promise((resolve) => {
      assert.rejects(server.start(resolve), (error: RpcError) => error.code === RpcCode.Load).catch(resolve);
    });
    assert.equal(((await called) as RpcError).code, RpcCode.Load);
  });
});

describe('rpcDebugLog', () => {
  it('logs each answer with its outcome, and never what was in it', async (t) => {
    const services = {
      user: {
        m: {
          echo: (value: unknown) => value,
          fail: (value: unknown) => Promise.reject(Object.assign(new Error(String(value)), { code: 'E_MINE' })),
        },
      },
    };
    const lines: string[] = [];
    const logger = { ...quiet, info: (line: string) => void lines.push(line) };
    const server = createServer({ id: 'test-1', port: 0, logger, services, rpcDebugLog: true });
    const { user } = await calling(t, server);
    assert.equal(await user.test.m.echo(null, 'secret'), 'secret');
    await assert.rejects(user.test.m.fail(null, 'secret'), (error: RpcError) => error.code === RpcCode.Remote);
    await assert.rejects(user.test.m.nope(null), (error: RpcError) => error.code === RpcCode.NoMethod);
    user.test.m.echo.oneway(null, 'secret');
    await user.test.m.echo(null, 'after it');
    const traces = lines.filter((line) => line.includes('trace')).map((line) => line.replace(/[\d.]+ ms$/, 'N ms'));
    assert.deepEqual(traces, [
      '[mailstation trace] test-1 user.m.echo answered: ok N ms',
      '[mailstation trace] test-1 user.m.fail answered: E_MINE N ms',
      '[mailstation trace] test-1 user.m.nope answered: ERR_RPC_NO_METHOD N ms',
      '[mailstation trace] test-1 user.m.echo answered: ok N ms',
      '[mailstation trace] test-1 user.m.echo answered: ok N ms',
    ]);
    assert.ok(!lines.join().includes('secret'));
  });

  it('changes nothing about a call: its arguments, its answer, and that it is one', async (t) => {
    const m = {
      f: (...args: unknown[]) => ({
        args,
        meta: callContext()?.meta,
        isTimed: Number.isFinite(callContext()?.deadline),
      }),
      async *stream(count: number) {
        for (let i = 0; i < count; i++) yield i;
      },
    };
    const server = createServer({ id: 'test-1', port: 0, logger: quiet, services: { user: { m } }, rpcDebugLog: true });
    const { user } = await calling(t, server);
    const called = await user.test.m.f.with({ meta: { user: 7 } })(null, 1, 'two');
    assert.deepEqual(called, { args: [1, 'two'], meta: { user: 7 }, isTimed: true });
    const items: unknown[] = [];
    for await (const item of user.test.m.stream.stream(null, 3)) items.push(item);
    assert.deepEqual(items, [0, 1, 2]);
  });
});
