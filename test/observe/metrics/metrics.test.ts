import assert from 'node:assert/strict';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { freePort } from '../../../bench/free-port.js';
import { OutgoingCall } from '../../../lib/call/outgoing-call.js';
import { RpcCode, RpcError } from '../../../lib/errors.js';
import { PACKAGE } from '../../../lib/package.js';
import type { RosterSource } from '../../../lib/registry/roster-source.js';
import { createMetrics, type Metrics, type MetricsOptions } from '../../../observe/metrics/metrics.js';
import { joinAll, sharedWorld } from '../../behaviour/shared-client-support.js';
import { lead } from '../../behaviour/sharing.js';
import { call, deferred, failure, makeGate, serve, unusedPort } from '../../behaviour/support.js';
import { until } from '../../support/until.js';
import { type Parsed, parsed } from './parsed.js';

const service = {
  f: async (value: unknown) => value,
  fail: async () => {
    throw new Error('no');
  },
  async *count(to: number) {
    for (let i = 0; i < to; i++) yield i;
  },
};

function metricsOf(t: TestContext, options: MetricsOptions): Metrics {
  const metrics = createMetrics(options);
  t.after(() => metrics.close());
  return metrics;
}

const read = (metrics: Metrics): Parsed => parsed(metrics.text().body);

const OK = { rpc_system_name: 'mailstation', rpc_status_code: 'OK' };
const failed = (code: string) => ({ ...OK, rpc_status_code: code, error_type: code });
const SERVER = 'rpc_server_call_duration_seconds';
const CLIENT = 'rpc_client_call_duration_seconds';

describe('the metrics of a server and a client', () => {
  it('are what a Prometheus parser reads, with the names that OpenTelemetry’s become', async (t) => {
    const served = await serve(t, service);
    const { client, calls } = await call(t, [served]);
    const metrics = metricsOf(t, { servers: [served.server], clients: [client] });
    for (let i = 0; i < 3; i++) await calls.f(null, i);
    await failure(calls.fail(null));
    await calls.f.oneway(null, 1);
    for await (const _ of calls.count.stream(null, 2));
    const method = { rpc_method: 'user.service.f' };
    await until(() => read(metrics).histogram(SERVER, { ...OK, ...method })?.count === 4, { what: 'the one-way call' });
    const all = read(metrics);
    const code = 'ERR_RPC_REMOTE';
    const fails = { rpc_method: 'user.service.fail', ...failed(code) };
    assert.equal(all.type(SERVER), 'histogram');
    assert.equal(all.histogram(SERVER, fails)?.count, 1);
    assert.equal(all.histogram(CLIENT, { ...OK, ...method, server_address: 'test' })?.count, 4);
    assert.equal(all.histogram(CLIENT, { ...fails, server_address: 'test' })?.count, 1);
    assert.deepEqual(
      [...all.labelsOf(SERVER)].filter(({ rpc_method }) => rpc_method?.includes('count')),
      [],
      'streams are no durations',
    );
    const ended = { rpc_method: 'user.service.count', outcome: 'ok' };
    await until(() => read(metrics).value('mailstation_server_calls_total', ended) === 1, { what: 'the stream' });
    const way = { ...method, server_type: 'test', kind: 'oneway', delivery: 'unknown' };
    assert.equal(all.value('mailstation_client_calls_total', way), 1);
    const streamed = { rpc_method: 'user.service.count', server_type: 'test', kind: 'stream', delivery: 'answered' };
    assert.equal(all.value('mailstation_client_calls_total', streamed), 1);
    const server = { server_id: 'test-1', server_type: 'test' };
    for (const [name, value] of [
      ['running_calls', 0],
      ['queued_calls', 0],
      ['streams', 0],
      ['connections', 1],
      ['serving', 1],
      ['leads', 1],
    ] as const)
      assert.equal(all.value(`mailstation_server_${name}`, server), value, name);
    assert.equal(all.value('mailstation_client_servers', { server_type: 'test' }), 1);
    assert.equal(all.value('mailstation_client_mailboxes', { server_type: 'test', state: 'ready' }), 1);
    assert.equal(all.type('mailstation_event_loop_active_seconds_total'), 'counter');
  });

  it('have buckets that are cumulative, and end with all calls', async (t) => {
    const served = await serve(t, { ...service, wait: (ms: number) => new Promise((done) => setTimeout(done, ms)) });
    const { calls } = await call(t, [served]);
    const metrics = metricsOf(t, { servers: [served.server] });
    await Promise.all([calls.wait(null, 0), calls.wait(null, 30), calls.wait(null, 120)]);
    const found = read(metrics).histogram(SERVER, { ...OK, rpc_method: 'user.service.wait' });
    const bounds = '0.005 0.01 0.025 0.05 0.075 0.1 0.25 0.5 0.75 1 2.5 5 7.5 10 +Inf'.split(' ');
    assert.deepEqual([...(found?.buckets.keys() ?? [])], bounds);
    const counts = [...(found?.buckets.values() ?? [])];
    assert.deepEqual(
      counts,
      [...counts].sort((a, b) => a - b),
    );
    assert.deepEqual([counts.at(-1), found?.count], [3, 3]);
    assert.ok((found?.buckets.get('0.025') ?? 3) < 3, 'no call of 30 ms took 25');
    assert.ok((found?.sum ?? 0) >= 0.14, `${found?.sum} s`);
  });

  it('answer a scrape over HTTP with the type that Prometheus wants', async (t) => {
    const served = await serve(t, service);
    const metrics = metricsOf(t, { servers: [served.server] });
    const http = createHttpServer((_request, response) => {
      const { contentType, body } = metrics.text();
      response.writeHead(200, { 'content-type': contentType }).end(body);
    });
    t.after(() => http.close());
    await new Promise<void>((done) => http.listen(0, '127.0.0.1', done));
    const response = await fetch(`http://127.0.0.1:${(http.address() as AddressInfo).port}/metrics`, {
      headers: { connection: 'close' },
    });
    assert.equal(response.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
    assert.equal(parsed(await response.text()).value('mailstation_info', { version: PACKAGE.version }), 1);
  });

  it('count names that no method has together, and bound their number at a client', async (t) => {
    const served = await serve(t, service);
    const { client } = await call(t, [served]);
    const metrics = metricsOf(t, { servers: [served.server], clients: [client] });
    const invoke = (method: string, serverId = 'test-1') =>
      client.rpcInvoke(serverId, { namespace: 'user', serverType: 'test', service: 'service', method, args: [] });
    await failure(invoke('nope'));
    await failure(invoke('nor this'));
    const others = { rpc_method: '_OTHER', ...failed('ERR_RPC_NO_METHOD') };
    const all = read(metrics);
    assert.equal(all.histogram(SERVER, others)?.count, 2);
    assert.equal(all.histogram(CLIENT, { ...others, server_address: 'test' })?.count, 2);
    // Names of calls that never reach a server are known to no server.
    await Promise.all(Array.from({ length: 1_200 }, (_, i) => failure(invoke(`made up ${i}`, 'nowhere-1'))));
    const methods = [...read(metrics).labelsOf(CLIENT)].map(({ rpc_method }) => rpc_method);
    assert.equal(new Set(methods).size, 1_000);
    const lost = { rpc_method: '_OTHER', ...failed('ERR_RPC_NO_SERVER'), server_address: 'test' };
    assert.equal(read(metrics).histogram(CLIENT, lost)?.count, 201);
  });

  it('escape names, and have no characters that a terminal would obey', async (t) => {
    const odd = 'a"b\\c\nd\u001b[31m\u0000';
    const served = await serve(t, { [odd]: () => 1, é: () => 2 });
    const { calls } = await call(t, [served]);
    const metrics = metricsOf(t, { servers: [served.server] });
    await calls[odd](null);
    await calls.é(null);
    const { body } = metrics.text();
    assert.doesNotMatch(body, /[^\P{Cc}\n]/u);
    const names = new Set([...parsed(body).labelsOf(SERVER)].map(({ rpc_method }) => rpc_method));
    assert.deepEqual([...names], ['user.service.a"b\\c\\u000ad\\u001b[31m\\u0000', 'user.service.é']);
  });

  it('have counters that only grow, over a hot reload and calls of all kinds', async (t) => {
    const gate = makeGate();
    const served = await serve(t, { ...service, wait: () => gate.pass(1) });
    const { client, calls } = await call(t, [served]);
    const metrics = metricsOf(t, { servers: [served.server], clients: [client] });
    let before = new Map<string, number>();
    const grown = (): void => {
      const now = read(metrics).counters();
      for (const [series, value] of before) assert.ok((now.get(series) ?? -1) >= value, `${series} fell from ${value}`);
      before = now;
    };
    for (let i = 0; i < 3; i++) {
      await calls.f(null, i);
      await failure(calls.fail(null));
      grown();
    }
    const running = calls.wait(null);
    await gate.arrivals(1);
    grown();
    await served.server.reloadRemotes();
    grown();
    gate.open();
    await running;
    await calls.f(null, 1);
    grown();
    const f = { rpc_method: 'user.service.f', server_type: 'test', kind: 'call', delivery: 'answered' };
    assert.equal(read(metrics).value('mailstation_client_calls_total', f), 4);
    client.removeServer('test-1');
    grown();
    await served.server.stop();
    grown();
  });

  it('are those of the given clients alone, and of two clients together', async (t) => {
    const served = await serve(t, service);
    const one = await call(t, [served]);
    const two = await call(t, [served]);
    const stranger = await call(t, [served]);
    const both = metricsOf(t, { clients: [one.client, two.client] });
    const first = metricsOf(t, { clients: [one.client, one.client] });
    for (const { calls } of [one, two, stranger]) await calls.f(null, 1);
    const series = { ...OK, rpc_method: 'user.service.f', server_address: 'test' };
    assert.equal(read(both).histogram(CLIENT, series)?.count, 2);
    assert.equal(read(first).histogram(CLIENT, series)?.count, 1);
    assert.equal(read(both).value('mailstation_client_servers', { server_type: 'test' }), 2);
    both.remove({ clients: [one.client] });
    await one.calls.f(null, 1);
    assert.equal(read(both).histogram(CLIENT, series)?.count, 1);
    assert.equal(read(first).histogram(CLIENT, series)?.count, 2);
  });

  it('count no call at a client before they are asked for, nor after they are closed', async (t) => {
    const served = await serve(t, service);
    const { client, calls } = await call(t, [served]);
    const intercepted = t.mock.method(OutgoingCall.prototype, 'intercept');
    const metrics = createMetrics({ servers: [served.server] });
    await calls.f(null, 1);
    assert.equal(intercepted.mock.callCount(), 0);
    metrics.add({ clients: [client] });
    await calls.f(null, 1);
    assert.equal(intercepted.mock.callCount(), 1);
    metrics.close();
    metrics.close();
    await calls.f(null, 1);
    assert.equal(intercepted.mock.callCount(), 1);
    assert.deepEqual([...read(metrics).labelsOf(CLIENT)], []);
  });

  it('have no calls of a server that counts none, and all else', async (t) => {
    const served = await serve(t, service, { callStats: false });
    const { calls } = await call(t, [served]);
    await calls.f(null, 1);
    const all = read(metricsOf(t, { servers: [served.server] }));
    assert.deepEqual([[...all.labelsOf(SERVER)], [...all.labelsOf('mailstation_server_calls_total')]], [[], []]);
    assert.equal(all.value('mailstation_server_connections', { server_id: 'test-1', server_type: 'test' }), 1);
  });

  it('have calls that run and wait, and health', async (t) => {
    const gate = makeGate();
    const served = await serve(t, { wait: () => gate.pass(1) }, { maxConcurrent: 1, maxQueued: 5, callerShare: 1 });
    const { client, calls } = await call(t, [served], { timeout: 60_000 });
    const metrics = metricsOf(t, { servers: [served.server], clients: [client] });
    const running = [calls.wait(null), calls.wait(null)];
    await gate.arrivals(1);
    const server = { server_id: 'test-1', server_type: 'test' };
    await until(() => read(metrics).value('mailstation_server_queued_calls', server) === 1, { what: 'the queue' });
    assert.equal(read(metrics).value('mailstation_server_running_calls', server), 1);
    assert.equal(read(metrics).value('mailstation_client_open_calls', { server_type: 'test' }), 2);
    served.server.setHealth('not-serving');
    assert.equal(read(metrics).value('mailstation_server_serving', server), 0);
    gate.open();
    await Promise.all(running);
  });

  it('have servers that are ejected', async (t) => {
    const dead = { id: 'test-1', serverType: 'test', port: await unusedPort(t) };
    const good = await serve(t, service, { id: 'test-2' });
    const ejection = { consecutiveFailures: 1, maxEjectionPercent: 100 };
    const { client, calls } = await call(t, [dead, good], { ejection, failMode: 'failover', router: () => 'test-1' });
    const metrics = metricsOf(t, { clients: [client] });
    const ejected = () => read(metrics).value('mailstation_client_ejected_servers', { server_type: 'test' });
    assert.equal(ejected(), 0);
    await calls.f(null, 1);
    await until(() => ejected() === 1, { what: 'the ejection' });
    assert.equal(read(metrics).value('mailstation_client_servers', { server_type: 'test' }), 2);
  });

  it('have who leads: a standby, shared mailboxes, shared clients', async (t) => {
    const port = await freePort();
    const first = await serve(t, service, { port, standby: true });
    const second = await serve(t, service, { id: 'test-1', serverType: 'other', port, standby: true });
    const { client } = await lead(t, await freePort());
    const shared = await joinAll(await sharedWorld(t), 2);
    const metrics = metricsOf(t, {
      servers: [first.server, second.server],
      clients: [client],
      sharedClients: [shared[1] as object],
    });
    const all = read(metrics);
    assert.equal(all.value('mailstation_server_leads', { server_id: 'test-1', server_type: 'test' }), 1);
    assert.equal(all.value('mailstation_server_leads', { server_id: 'test-1', server_type: 'other' }), 0);
    assert.equal(all.value('mailstation_client_shares', { state: 'leading' }), 1);
    assert.equal(all.value('mailstation_shared_client_leads', { name: 'Registry' }), 0);
    metrics.add({ sharedClients: [shared[0] as object] });
    assert.equal(read(metrics).value('mailstation_shared_client_leads', { name: 'Registry' }), 1);
  });

  it('have the lists of servers from sources, with their age', async (t) => {
    const { promise: away, resolve: goAway } = deferred();
    const source: RosterSource = {
      description: 'the source of the test',
      onVanish: 'left',
      follow({ onList, onFailure }) {
        onList({ servers: [] });
        void away.then(() => onFailure(new RpcError(RpcCode.Registry, 'away')));
        return { close() {} };
      },
    };
    const { client } = await call(t, [], { registry: source });
    const metrics = metricsOf(t, { clients: [client] });
    assert.equal(read(metrics).value('mailstation_client_lists', { state: 'current' }), 1);
    assert.equal(read(metrics).value('mailstation_client_list_age_seconds', {}), 0);
    goAway();
    await until(() => read(metrics).value('mailstation_client_lists', { state: 'stale' }) === 1, {
      what: 'the failure',
    });
    const age = () => read(metrics).value('mailstation_client_list_age_seconds', {}) ?? 0;
    await until(() => age() > 0, { what: 'the age' });
  });

  it('refuse what is no server and no client, and options that do not exist', () => {
    for (const [wrong, text] of [
      [{ servers: [{}] }, /servers must be a list of servers of this process/],
      [{ clients: {} }, /clients must be a list of clients/],
      [{ sharedClients: [1] }, /sharedClients must be a list/],
      [{ server: [] }, /"server" \(did you mean servers\?\)/],
      [7, /the argument must be an object/],
    ] as const)
      assert.throws(() => createMetrics(wrong as never), { code: 'ERR_RPC_INVALID_ARGUMENT', message: text });
  });
});
