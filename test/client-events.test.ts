import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import {
  type Client,
  type ClientOptions,
  createClient,
  createServer,
  RPC_ERROR,
  type RpcError,
  type TraceStep,
} from '../index.js';

const silent = { info: () => {}, warn: () => {}, error: () => {} };
const method = { namespace: 'user', serverType: 'test', service: 'module1' };

async function startedClient(t: TestContext, options: ClientOptions = {}): Promise<Client> {
  const client = createClient({ logger: silent, ...options });
  t.after(() => client.stop(true));
  await client.start();
  return client;
}

async function startedServer(t: TestContext): Promise<number> {
  const path = new URL('./fixtures/remote/module1.ts', import.meta.url);
  const server = createServer({ id: 'test-1', port: 0, paths: [{ namespace: 'user', path }], logger: silent });
  t.after(() => server.stop(true));
  await server.start();
  return server.port;
}

describe("a client's error event", () => {
  it("has pomelo's arguments, and the error behind them", async (t) => {
    const client = await startedClient(t);
    const heard: unknown[][] = [];
    client.on('error', (...args) => heard.push(args));
    const msg = { ...method, method: 'add', args: [1, 2] };
    const failure: RpcError = await client.rpcInvoke('nowhere', msg).then(
      () => assert.fail('it has a result'),
      (error: RpcError) => error,
    );
    assert.equal(failure.code, 'ERR_RPC_NO_SERVER');
    assert.deepEqual(heard, [[RPC_ERROR.NO_TRAGET_SERVER, null, 'nowhere', msg, {}, failure]]);
  });

  it('is not emitted for what a method itself fails with, which is an answer', async (t) => {
    const port = await startedServer(t);
    const client = await startedClient(t);
    client.addServer({ id: 'test-1', serverType: 'test', port });
    const heard: unknown[] = [];
    client.on('error', (...args) => heard.push(args));
    await assert.rejects(client.rpcInvoke('test-1', { ...method, method: 'fail', args: [] }), {
      code: 'ERR_RPC_REMOTE',
    });
    assert.deepEqual(heard, []);
  });
});

describe('rpcDebugLog', () => {
  it('tells each step of a call, and never its arguments', async (t) => {
    const port = await startedServer(t);
    const lines: string[] = [];
    const rpcLogger = { ...silent, info: (line: string) => lines.push(line) };
    const client = await startedClient(t, { clientId: 'connector-1', rpcDebugLog: true, rpcLogger });
    client.addServer({ id: 'test-1', serverType: 'test', port });
    const steps: TraceStep[] = [];
    client.on('trace', (step) => steps.push(step));
    assert.equal(await client.rpcInvoke('test-1', { ...method, method: 'add', args: [20_301, 20_302] }), 40_603);
    assert.deepEqual(
      steps.map(({ seq, step, source, remote, method: name, code }) => [seq, step, source, remote, name, code]),
      [
        [1, 'made', 'connector-1', 'test-1', 'user.module1.add', undefined],
        [2, 'sent', 'connector-1', 'test-1', 'user.module1.add', undefined],
        [3, 'settled', 'connector-1', 'test-1', 'user.module1.add', undefined],
      ],
    );
    assert.equal(new Set(steps.map((step) => step.traceId)).size, 1);
    assert.equal(lines.length, 3);
    assert.ok(!lines.join().includes('2030'), 'arguments are in no line');
  });

  it("names the client by its context's serverId, as pomelo does", async (t) => {
    const client = await startedClient(t, { context: { serverId: 'connector-2' }, rpcDebugLog: true });
    const steps: TraceStep[] = [];
    client.on('trace', (step) => steps.push(step));
    await assert.rejects(client.rpcInvoke('nowhere', { ...method, method: 'add', args: [] }));
    assert.deepEqual(
      steps.map(({ step, source, code }) => [step, source, code]),
      [
        ['made', 'connector-2', undefined],
        ['settled', 'connector-2', 'ERR_RPC_NO_SERVER'],
      ],
    );
  });
});
