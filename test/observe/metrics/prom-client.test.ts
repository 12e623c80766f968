import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { AggregatorRegistry, Counter, collectDefaultMetrics, Registry } from 'prom-client';
import { PACKAGE } from '../../../lib/package.js';
import { createMetrics, type Metrics, type MetricsOptions } from '../../../observe/metrics/metrics.js';
import { call, failure, serve } from '../../behaviour/support.js';
import { parsed } from './parsed.js';

const service = { f: async () => 1, fail: () => Promise.reject(new Error('no')) };
const CLIENT = 'rpc_client_call_duration_seconds';
const F = {
  rpc_system_name: 'mailstation',
  rpc_method: 'user.service.f',
  rpc_status_code: 'OK',
  server_address: 'test',
};

function filled(t: TestContext, registry: Registry, options: MetricsOptions): Metrics {
  const metrics = createMetrics(options).fill(registry);
  t.after(() => metrics.close());
  return metrics;
}

async function world(t: TestContext) {
  const served = await serve(t, service);
  const calling = await call(t, [served]);
  return { server: served.server, ...calling };
}

describe('a registry of prom-client that is filled', () => {
  it('has the series of the text, beside those of the program', async (t) => {
    const { server, client, calls } = await world(t);
    const registry = new Registry();
    collectDefaultMetrics({ register: registry });
    new Counter({ name: 'own_total', help: 'of the program', registers: [registry] }).inc(3);
    const metrics = filled(t, registry, { servers: [server], clients: [client] });
    await calls.f(null);
    await failure(calls.fail(null));
    const text = parsed(metrics.text().body);
    const all = parsed(await registry.metrics());
    const given = { ...F, error_type: '' }; // prom-client writes a label without a value
    assert.deepEqual(all.histogram(CLIENT, given), text.histogram(CLIENT, F));
    assert.equal(all.histogram(CLIENT, given)?.count, 1);
    assert.equal(all.value('own_total', {}), 3);
    const way = { rpc_method: 'user.service.f', server_type: 'test', kind: 'call', delivery: 'answered' };
    assert.equal(all.value('mailstation_client_calls_total', way), 1);
    assert.equal(all.type(CLIENT), 'histogram');
    await calls.f(null);
    assert.equal(parsed(await registry.metrics()).value('mailstation_client_calls_total', way), 2);
  });

  it('gives the series as JSON too, alone, with labels of the program, and to a merged registry', async (t) => {
    const { server, calls } = await world(t);
    const registry = new Registry();
    filled(t, registry, { servers: [server] });
    await calls.f(null);
    registry.setDefaultLabels({ app: 'chat' });
    const json = await registry.getMetricsAsJSON();
    const found = json.find(({ name }) => name === 'mailstation_info') as { values?: { labels: object }[] } | undefined;
    assert.deepEqual(found?.values?.[0]?.labels, { version: PACKAGE.version, app: 'chat' });
    assert.match(await registry.getSingleMetricAsString('mailstation_info'), /^mailstation_info\{.*app="chat".*\} 1$/m);
    const merged = Registry.merge([registry, new Registry()]);
    assert.equal(parsed(await merged.metrics()).value('mailstation_info', { version: PACKAGE.version }), 1);
    registry.resetMetrics();
    const reset = parsed(await registry.metrics());
    const ended = { rpc_method: 'user.service.f', outcome: 'ok', app: 'chat' };
    assert.equal(reset.value('mailstation_server_calls_total', ended), 1, 'the counts are those of the server');
  });

  it('is asked for OpenMetrics, and takes the metrics out again', async (t) => {
    const { server } = await world(t);
    const registry = new Registry();
    registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE as never);
    const metrics = createMetrics({ servers: [server] }).fill(registry);
    const text = await registry.metrics();
    assert.match(text, /^# TYPE mailstation_event_loop_active_seconds counter$/m);
    assert.match(text, /^mailstation_event_loop_active_seconds_total [\d.]+$/m);
    assert.match(text, /# EOF\n$/);
    metrics.close();
    assert.deepEqual(registry.getMetricsAsArray(), []);
  });

  it('may be filled by several metrics, and counts what two of them have once', async (t) => {
    const { server, client, calls } = await world(t);
    const other = await call(t, []);
    const registry = new Registry();
    const first = filled(t, registry, { servers: [server], clients: [client] });
    const second = filled(t, registry, { servers: [server], clients: [client, other.client] });
    first.fill(registry);
    await calls.f(null);
    const count = async () => parsed(await registry.metrics()).histogram(CLIENT, { ...F, error_type: '' })?.count;
    assert.equal(await count(), 1);
    first.close();
    assert.equal(await count(), 1);
    second.close();
    assert.deepEqual(registry.getMetricsAsArray(), []);
    filled(t, registry, { servers: [server] });
    assert.ok(registry.getMetricsAsArray().length > 20);
  });

  it('is filled anew after the program has cleared it', async (t) => {
    const registry = new Registry();
    const metrics = createMetrics().fill(registry).fill(registry);
    t.after(() => metrics.close());
    registry.clear();
    metrics.fill(registry);
    assert.match(await registry.metrics(), /mailstation_info\{version=".*"\} 1/);
    metrics.close();
    assert.equal((await registry.metrics()).trim(), '');
  });

  it('is one for the workers of node:cluster, in which only what can be added up is added up', async (t) => {
    const registry = new Registry();
    const metrics = createMetrics().fill(registry);
    t.after(() => metrics.close());
    const ofWorker = (await registry.getMetricsAsJSON()) as { name: string; values: { value: number }[] }[];
    const joined = await AggregatorRegistry.aggregate([
      ofWorker,
      structuredClone(ofWorker),
    ] as never).getMetricsAsJSON();
    const figure = (all: typeof ofWorker, name: string) => all.find((metric) => metric.name === name)?.values[0]?.value;
    assert.equal(figure(joined as typeof ofWorker, 'mailstation_info'), 1);
    const idle = 'mailstation_event_loop_idle_seconds_total';
    assert.equal(figure(joined as typeof ofWorker, idle), 2 * (figure(ofWorker, idle) as number));
    const lag = 'mailstation_event_loop_lag_seconds';
    assert.equal(figure(joined as typeof ofWorker, lag), figure(ofWorker, lag));
  });

  it('refuses names that are taken, and what is no registry', async (t) => {
    const registry = new Registry();
    const name = 'mailstation_info';
    new Counter({ name, help: 'of another package', registers: [registry] });
    const metrics = createMetrics();
    t.after(() => metrics.close());
    const text = /the registry has a metric of the name mailstation_info already/;
    assert.throws(() => metrics.fill(registry), { code: 'ERR_RPC_INVALID_ARGUMENT', message: text });
    assert.equal(registry.getMetricsAsArray().length, 1);
    registry.removeSingleMetric(name);
    metrics.fill(registry);
    for (const wrong of [undefined, {}, 'registry'])
      assert.throws(() => metrics.fill(wrong as never), { message: /argument of fill\(\) .*Registry of prom-client/ });
  });
});
