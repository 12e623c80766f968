import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { inspect } from 'node:util';
import { expectNoLeaks } from '../support/leaks.js';
import { type Json, type SpawnedProcess, spawnProcess } from '../support/spawn-process.js';
import { until } from '../support/until.js';
import { makeGate, serve } from './support.js';

const FOLLOWER = new URL('./fixtures/stock-follower.ts', import.meta.url);

interface Follower {
  readonly child: SpawnedProcess;
  call(method: string, args?: string): Promise<Record<string, Json>>;
}

/** The real cluster-client, registered on a server's channel, with methods of `user.service`. */
async function follow(t: TestContext, port: number, methods: readonly string[], channel = 'test-1'): Promise<Follower> {
  const names = methods.map((method) => `user.service.${method}`);
  const args = [`--port=${port}`, `--channel=${channel}`, `--methods=${names.join()}`];
  const { child } = await spawnProcess(t, FOLLOWER, { args });
  const isOutcome = (message: Json) => ['result', 'failure'].includes((message as { type: string }).type);
  return {
    child,
    async call(method, args = '') {
      child.send({ method: `user.service.${method}`, args });
      return (await child.next({ match: isOutcome })) as Record<string, Json>;
    },
  };
}

const show = (value: unknown) => inspect(value, { depth: 10, breakLength: Number.POSITIVE_INFINITY });

describe('a stock cluster-client Follower', () => {
  it('registers on a server’s channel, and calls its services with what it can carry', async (t) => {
    expectNoLeaks(t);
    const seen: unknown[][] = [];
    const echo = (...args: unknown[]) => {
      seen.push(args);
      return args[0];
    };
    const served = await serve(t, { echo });
    const { call } = await follow(t, served.port, ['echo']);
    const values: [source: string, value: unknown][] = [
      ['1', 1],
      ['"text, ünïcödé"', 'text, ünïcödé'],
      ['true', true],
      ['null', null],
      ['undefined', undefined],
      ['1.5', 1.5],
      ['-7', -7],
      ['Buffer.from("bytes")', Buffer.from('bytes')],
      ['new Date(1234567890123)', new Date(1_234_567_890_123)],
      ['[1, [2, { a: null }]]', [1, [2, { a: null }]]],
      ['{ a: { b: [Buffer.from("x"), new Date(5)] } }', { a: { b: [Buffer.from('x'), new Date(5)] } }],
    ];
    for (const [source, value] of values) {
      const { type, value: returned } = await call('echo', `${source}, 'second'`);
      assert.deepEqual([type, returned], ['result', show(value)], source);
      assert.deepEqual(seen.pop(), [value, 'second']);
    }
    assert.deepEqual((await call('echo'))['value'], 'undefined');
    assert.deepEqual(seen.pop(), []);
  });

  it('gets the first of several results, and errors with their name, message and code, and no stack of ours', async (t) => {
    const service = {
      many: (cb: (...results: unknown[]) => void) => cb(null, 'first', 'second'),
      fail: (cb: (error: Error) => void) => cb(Object.assign(new RangeError('boom'), { code: 'E_BOOM' })),
      fn: (cb: (...results: unknown[]) => void) => cb(null, new Map()),
    };
    const served = await serve(t, service, { callbacks: true });
    const { call, child } = await follow(t, served.port, ['many', 'fail', 'missing', 'fn']);
    assert.deepEqual(await call('many'), { type: 'result', value: "'first'" });
    const { type, name, message, code, stack } = await call('fail');
    assert.deepEqual([type, name, message, code], ['failure', 'RangeError', 'boom', 'E_BOOM']);
    assert.equal(String(stack).includes('stock-follower.test.ts'), false);
    const missing = await call('missing');
    assert.equal(missing['type'], 'failure');
    assert.match(String(missing['message']), /no such method: "missing"; module user\.service/);
    assert.match(String((await call('fn'))['message']), /the result cannot be sent: the result is a Map/);
    assert.deepEqual(await call('many'), { type: 'result', value: "'first'" }, 'on the same connection');
    assert.equal(child.isRunning, true);
  });

  it('is told of an overload by a plain error with its code, and served again afterwards', async (t) => {
    const gate = makeGate();
    const service = { f: () => gate.pass('answered'), g: () => 'g' };
    const served = await serve(t, service, { maxConcurrent: 1, maxQueued: 0 });
    const [busy, other] = [await follow(t, served.port, ['f']), await follow(t, served.port, ['g'])];
    const result = busy.call('f');
    await gate.arrivals(1);
    const { type, name, message, code } = await other.call('g');
    assert.deepEqual([type, name, code], ['failure', 'RpcError', 'ERR_RPC_OVERLOADED']);
    assert.equal(message, 'the server is full: calls running: 1 (maxConcurrent); calls queued: 0 (maxQueued)');
    gate.open();
    assert.deepEqual(await result, { type: 'result', value: "'answered'" });
    assert.deepEqual(await other.call('g'), { type: 'result', value: "'g'" });
  });

  it('is told of a refusal by authorize by a plain error with its code', async (t) => {
    const authorize = async (_caller: unknown, method: string) => method.endsWith('.g');
    const served = await serve(t, { f: () => 'f', g: () => 'g' }, { authorize });
    const { call } = await follow(t, served.port, ['f', 'g']);
    const { type, name, message, code } = await call('f');
    assert.deepEqual([type, name, code], ['failure', 'RpcError', 'ERR_RPC_FORBIDDEN']);
    assert.equal(message, 'authorize of the server does not let this caller call this method');
    assert.deepEqual(await call('g'), { type: 'result', value: "'g'" });
  });

  it('is answered on whatever channel it asks for by a server without an id', async (t) => {
    const served = await serve(t, { f: () => 5 }, { id: undefined as never });
    const { call } = await follow(t, served.port, ['f'], 'whatever');
    assert.deepEqual(await call('f'), { type: 'result', value: '5' });
  });

  it('is served until it has no call in progress when the server stops', async (t) => {
    expectNoLeaks(t);
    const gate = makeGate();
    const served = await serve(t, { f: () => gate.pass('answered') });
    const { call, child } = await follow(t, served.port, ['f']);
    const result = call('f');
    await gate.arrivals(1);
    const stopped = served.server.stop();
    gate.open();
    assert.deepEqual(await result, { type: 'result', value: "'answered'" });
    await stopped;
    await child.next({ match: (message) => (message as { type: string }).type === 'close' });
  });

  it('comes back by itself when the server does', async (t) => {
    const first = await serve(t, { who: () => 'first' });
    const { call, child } = await follow(t, first.port, ['who']);
    assert.equal((await call('who'))['value'], "'first'");
    await first.server.stop();
    await child.next({ match: (message) => (message as { type: string }).type === 'close' });
    await serve(t, { who: () => 'second' }, { port: first.port });
    // It looks for a Leader every 3 s.
    const answer = await until(() => call('who'), { what: 'an answer', timeoutMs: 10_000 });
    assert.equal(answer['value'], "'second'");
  });
});
