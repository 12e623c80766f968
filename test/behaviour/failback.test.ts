import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { ClientOptions } from '../../client.js';
import { FailbackReceipt } from '../../index.js';
import { type CallMessage, callChannel } from '../../lib/channels.js';
import type { RpcError } from '../../lib/errors.js';
import { createMetrics } from '../../metrics.js';
import { until } from '../support/until.js';
import { call, failure, serve, unusedPort } from './support.js';

async function setUp(t: TestContext, options: ClientOptions = {}) {
  const port = await unusedPort(t);
  const calling = await call(t, [{ id: 'test-1', serverType: 'test', port }], {
    ...{ failMode: 'failback', retryConnectTime: 50 },
    ...options,
  });
  const told: string[] = [];
  const errors: RpcError[] = [];
  calling.client.on('failback:delivered', ({ id }, results) => told.push(`${id} delivered ${results}`));
  calling.client.on('failback:givenUp', ({ id }, error) => {
    told.push(`${id} given up ${error.code}`);
    errors.push(error);
  });
  return { ...calling, port, told, errors };
}

describe('failback', () => {
  it('gives a receipt for a call that failed, and delivers it when the server is there', async (t) => {
    const { calls, port, told } = await setUp(t, { retryTimes: 1_000 });
    const receipts = await Promise.all([1, 2, 3].map((n) => calls.f(null, n)));
    assert.ok(receipts.every((receipt) => receipt instanceof FailbackReceipt && receipt.accepted));
    assert.deepEqual([receipts[0].error.code, receipts[0].method], ['ERR_RPC_CONNECT', 'user.service.f']);
    const heard: number[] = [];
    await serve(
      t,
      {
        f(n: number) {
          heard.push(n);
          return n * 10;
        },
      },
      { port },
    );
    await until(() => told.length === 3, { what: 'the deliveries' });
    assert.deepEqual(told.sort(), ['1 delivered 10', '2 delivered 20', '3 delivered 30']);
    assert.deepEqual(heard.sort(), [1, 2, 3]);
    assert.equal(await calls.f(null, 4), 40, 'and gives the result where the call does not fail');
  });

  it('is published with how far the first attempt got, and counted so', async (t) => {
    const { calls, client, told } = await setUp(t, { retryTimes: 1, retryConnectTime: 1 });
    const metrics = createMetrics({ clients: [client] });
    t.after(() => metrics.close());
    const deliveries: unknown[] = [];
    const listener = (message: unknown): void => void deliveries.push((message as CallMessage).delivery);
    callChannel.asyncEnd.subscribe(listener);
    t.after(() => callChannel.asyncEnd.unsubscribe(listener));
    assert.ok((await calls.f(null)) instanceof FailbackReceipt);
    assert.deepEqual(deliveries, ['not-sent']);
    assert.match(metrics.text().body, /mailstation_client_calls_total\{.*kind="call",delivery="not-sent"\} 1/);
    await until(() => told.length === 1, { what: 'the end' });
  });

  it('gives up after retryTimes', async (t) => {
    const { calls, told, errors } = await setUp(t, { retryTimes: 2, retryConnectTime: 1 });
    await calls.f(null);
    await until(() => told.length === 1, { what: 'the end of it' });
    assert.deepEqual(told, ['1 given up ERR_RPC_CONNECT']);
    assert.equal(errors[0]?.attempts?.length, 3);
  });

  it('gives a callback the receipt, and settles a one-way call', async (t) => {
    const { calls } = await setUp(t);
    const given = await new Promise((resolve) => calls.f(null, (...args: unknown[]) => resolve(args)));
    const [error, receipt] = given as [null, FailbackReceipt];
    assert.deepEqual([error, receipt.accepted], [null, true]);
    assert.equal(await calls.f.oneway(null), undefined);
  });

  it('fails a call for which there is no room', async (t) => {
    const { calls } = await setUp(t, { failbackSize: 1, retryConnectTime: 60_000 });
    assert.equal((await calls.f(null)).id, 1);
    const error = await failure(calls.f(null));
    assert.equal(error.code, 'ERR_RPC_CONNECT');
    assert.match(error.message, /not tried again: failbackSize is 1, and no more calls may wait to be tried again/);
  });

  it('gives up what is left when the client stops', async (t) => {
    const { client, calls, told } = await setUp(t, { retryConnectTime: 60_000 });
    await Promise.all([calls.f(null), calls.f(null)]);
    await client.stop();
    assert.deepEqual(told, ['1 given up ERR_RPC_CLOSED', '2 given up ERR_RPC_CLOSED']);
  });

  it('runs after filters for the answer that comes in the end, and not for the receipt', async (t) => {
    const { client, calls, port, told } = await setUp(t, { retryTimes: 1_000 });
    const after: unknown[] = [];
    client.after((serverId, msg, _opts, next) => {
      after.push([serverId, ...msg.args]);
      next();
    });
    await calls.f(null, 1);
    assert.deepEqual(after, []);
    await serve(t, { f: () => {} }, { port });
    await until(() => told.length === 1, { what: 'the delivery' });
    assert.deepEqual(after, [['test-1', 1]]);
  });
});
