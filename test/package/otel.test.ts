import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { ROOT, readText } from '../architecture/house.js';
import { packInto } from '../support/packed.js';

const run = promisify(execFile);
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');
const [MAJOR = 0] = process.versions.node.split('.').map(Number);
/** The newest packages of OpenTelemetry that run on this Node. */
const LINE = MAJOR < 22 ? { api: '1.9.1', sdk: '2.12.1' } : { api: '1.10.0', sdk: '3.1.1' };
const SDK = ['core', 'context-async-hooks', 'sdk-trace', 'sdk-metrics'];

const METRICS = `
const api = require('@opentelemetry/api');
const { AggregationTemporality, InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader } = require('@opentelemetry/sdk-metrics');
const { createClient, createServer } = require('mailstation');
const { instrument } = require('mailstation/otel');

(async () => {
  const stop = instrument({ api });
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const server = createServer({ id: 'test-1', serverType: 'test', port: 0, services: { user: { service: { f: () => 1 } } } });
  await server.start();
  const client = createClient();
  client.addProxy({ namespace: 'user', serverType: 'test' });
  client.addServer({ id: 'test-1', serverType: 'test', port: server.port });
  await client.start();
  const provider = new MeterProvider({ readers: [reader] });
  api.metrics.setGlobalMeterProvider(provider); // after instrument()
  await client.proxies.user.test.service.f(null);
  await provider.forceFlush();
  const metrics = exporter.getMetrics()[0].scopeMetrics.flatMap(({ metrics }) => metrics);
  for (const { descriptor, dataPoints } of metrics)
    console.log(descriptor.name, descriptor.unit, dataPoints[0].value.count, dataPoints[0].attributes['rpc.method']);
  stop();
  await provider.shutdown();
  await client.stop();
  await server.stop();
})();
`;

const TYPES = `
import * as api from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { TracerProvider } from '@opentelemetry/sdk-trace';
import { instrument } from 'mailstation/otel';

const stop: () => void = instrument({
  api,
  tracerProvider: new TracerProvider(),
  meterProvider: new MeterProvider(),
  propagator: new W3CTraceContextPropagator(),
  ignore: (method: string) => method.startsWith('user.'),
});
stop();
// @ts-expect-error there is no such option
instrument({ attempt: true });
`;

// The tarball in an application with the SDK of this Node: the last 2.x on Node 20, 3.x from Node 22 on.
describe(`mailstation/otel with @opentelemetry/api ${LINE.api} and SDK ${LINE.sdk}`, () => {
  const project = mkdtempSync(join(realpathSync(tmpdir()), 'mailstation-otel-'));
  const inProject = async (args: readonly string[]): Promise<string> => {
    const { stdout } = await run(process.execPath, args, { cwd: project });
    return stdout
      .split('\n')
      .filter((line) => !line.startsWith('mailstation: '))
      .join('\n');
  };

  before(async () => {
    const tarball = await packInto(project);
    writeFileSync(join(project, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
    const packages = [`@opentelemetry/api@${LINE.api}`, ...SDK.map((name) => `@opentelemetry/${name}@${LINE.sdk}`)];
    const args = ['install', '--prefer-offline', '--no-audit', '--no-fund', `./${tarball}`, ...packages];
    await run('npm', args, { cwd: project });
  });
  after(() => rmSync(project, { recursive: true, force: true }));

  it('uses the copy of the API that the program has', () => {
    const copies = readdirSync(join(project, 'node_modules'), { recursive: true, encoding: 'utf8' });
    assert.equal(copies.filter((name) => name.endsWith(join('@opentelemetry', 'api'))).length, 1);
  });

  it('makes the trace of docs/otel.md', async () => {
    const text = readText('docs/otel.md');
    const [, code = ''] = /^```js\n\/\/ trace\.js\n(.*?)^```$/ms.exec(text) ?? [];
    const [, expected] = /^```text\n(.*?)^```$/ms.exec(text) ?? [];
    writeFileSync(join(project, 'trace.js'), code);
    assert.equal(await inProject(['trace.js']), expected);
  });

  it('records durations for a program of CommonJS, whose meters come later', async () => {
    writeFileSync(join(project, 'metrics.cjs'), METRICS);
    const lines = (await inProject(['metrics.cjs'])).trim().split('\n');
    assert.deepEqual(lines.sort(), [
      'rpc.client.call.duration s 1 user.service.f',
      'rpc.server.call.duration s 1 user.service.f',
    ]);
  });

  it('takes the objects of these versions, as the compiler sees them', async () => {
    const compilerOptions = {
      ...{ module: 'nodenext', target: 'es2023', strict: true, noEmit: true, skipLibCheck: false },
      typeRoots: [join(ROOT, 'node_modules/@types')],
      types: ['node'],
    };
    writeFileSync(join(project, 'types.mts'), TYPES);
    writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['types.mts'] }));
    const { stdout } = await run(process.execPath, [TSC, '-p', '.'], { cwd: project }).catch((error) => error);
    assert.equal(stdout, '');
  });
});
