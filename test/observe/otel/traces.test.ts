import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import * as api from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { ClientOptions, ServerOptions } from '../../../index.js';
import { RpcError } from '../../../lib/errors.js';
import { PACKAGE } from '../../../lib/package.js';
import { callSharing } from '../../behaviour/sharing.js';
import { call, failure, serve, unusedPort } from '../../behaviour/support.js';
import { until } from '../../support/until.js';
import { instrumented, type Recorder, register, tree } from './recorder.js';

const service = {
  f: async (value: unknown) => value,
  fail: async () => {
    throw Object.assign(new TypeError('no money'), { code: 'E_POOR' });
  },
  async *count(to: number) {
    for (let i = 0; i < to; i++) yield i;
  },
};

async function world(t: TestContext, options: ClientOptions = {}, served: Partial<ServerOptions> = {}) {
  const server = await serve(t, service, served);
  return { server, ...(await call(t, [server], options)) };
}

const finished = (recorder: Recorder, count: number): Promise<unknown> =>
  until(() => recorder.spans.length >= count, { what: `${count} spans` });

describe('the spans of a call', () => {
  it('are one of the client and one of the server, with the names of the conventions', async (t) => {
    const recorder = register(t);
    instrumented(t);
    const { calls, server } = await world(t);
    assert.equal(await calls.f(null, 1), 1);
    await finished(recorder, 2);
    const [served, called] = recorder.spans as [ReadableSpan, ReadableSpan];
    assert.deepEqual([served.kind, called.kind], [api.SpanKind.SERVER, api.SpanKind.CLIENT]);
    assert.deepEqual([served.name, called.name], ['user.service.f', 'user.service.f']);
    assert.deepEqual(called.attributes, {
      'rpc.system.name': 'mailstation',
      'rpc.method': 'user.service.f',
      'server.address': 'test',
      'mailstation.server.id': 'test-1',
      'network.peer.address': '127.0.0.1',
      'network.peer.port': server.port,
      'mailstation.delivery': 'answered',
      'rpc.status_code': 'OK',
    });
    assert.deepEqual(served.attributes, {
      'rpc.system.name': 'mailstation',
      'rpc.method': 'user.service.f',
      'mailstation.server.id': 'test-1',
      'rpc.status_code': 'OK',
    });
    for (const span of [served, called]) assert.equal(span.status.code, api.SpanStatusCode.UNSET);
    assert.equal(served.parentSpanContext?.spanId, called.spanContext().spanId);
    assert.equal(served.spanContext().traceId, called.spanContext().traceId);
    const { name, version, schemaUrl } = called.instrumentationScope;
    assert.deepEqual(
      [name, version, schemaUrl],
      ['mailstation', PACKAGE.version, 'https://opentelemetry.io/schemas/1.45.0'],
    );
  });

  it('have what samplers look at when they start', async (t) => {
    register(t);
    const seen: unknown[] = [];
    const tracer = api.trace.getTracer('seen');
    const tracerProvider = {
      getTracer: () => ({
        startSpan(name: string, options?: api.SpanOptions, context?: api.Context) {
          seen.push([name, options?.kind, options?.attributes]);
          return tracer.startSpan(name, options, context);
        },
      }),
    };
    instrumented(t, { tracerProvider });
    const { calls } = await world(t);
    await calls.f.toServer('test-1', 1);
    const known = { 'rpc.system.name': 'mailstation', 'rpc.method': 'user.service.f' };
    assert.deepEqual(seen, [
      ['user.service.f', 2, { ...known, 'server.address': 'test', 'mailstation.server.id': 'test-1' }],
      ['user.service.f', 1, { ...known, 'mailstation.server.id': 'test-1' }],
    ]);
  });

  it('belong to the span of the caller, and calls that the method makes belong to that of the server', async (t) => {
    const recorder = register(t);
    instrumented(t);
    const { calls } = await world(t);
    const outer = await serve(
      t,
      {
        async relay(value: unknown) {
          await null;
          return calls.f(null, value);
        },
        async *stream() {
          yield await calls.f(null, 1);
          yield await calls.f(null, 2);
        },
      },
      { id: 'outer-1' },
    );
    const caller = await call(t, [outer]);
    await recorder.within('request', async () => {
      assert.equal(await caller.calls.relay(null, 7), 7);
      for await (const _ of caller.calls.stream.stream(null));
    });
    await finished(recorder, 11);
    assert.deepEqual(tree(recorder.spans), [
      'INTERNAL request',
      '  CLIENT user.service.relay outer-1 OK',
      '    SERVER user.service.relay outer-1 OK',
      '      CLIENT user.service.f test-1 OK',
      '        SERVER user.service.f test-1 OK',
      '  CLIENT user.service.stream outer-1 OK',
      '    SERVER user.service.stream outer-1 OK',
      ...Array.from({ length: 2 }, () => [
        '      CLIENT user.service.f test-1 OK',
        '        SERVER user.service.f test-1 OK',
      ]).flat(),
    ]);
  });

  it('are of one trace through shared mailboxes, and in every codec', async (t) => {
    const recorder = register(t);
    instrumented(t);
    const { calls } = await callSharing(t, 'another', [await serve(t, service)], { codecs: ['json'] });
    await calls.f(null, 1);
    await finished(recorder, 2);
    assert.deepEqual(tree(recorder.spans), ['CLIENT user.service.f test-1 OK', '  SERVER user.service.f test-1 OK']);
  });

  it('carry baggage', async (t) => {
    register(t);
    instrumented(t);
    const seen: unknown[] = [];
    const whose = () => seen.push(api.propagation.getActiveBaggage()?.getEntry('user')?.value);
    const { calls } = await call(t, [await serve(t, { whose: async () => void whose() })]);
    const baggage = api.propagation.createBaggage({ user: { value: 'anna' } });
    await api.context.with(api.propagation.setBaggage(api.context.active(), baggage), () => calls.whose(null));
    assert.deepEqual(seen, ['anna']);
  });

  it('say how a call has failed', async (t) => {
    const recorder = register(t);
    instrumented(t);
    const { calls } = await world(t);
    const error = await failure(calls.fail(null));
    await finished(recorder, 2);
    const [served, called] = recorder.spans as [ReadableSpan, ReadableSpan];
    for (const { attributes, status } of [served, called]) {
      assert.deepEqual([attributes['rpc.status_code'], attributes['error.type']], ['ERR_RPC_REMOTE', 'ERR_RPC_REMOTE']);
      assert.equal(status.code, api.SpanStatusCode.ERROR);
    }
    assert.deepEqual([served.status.message, called.status.message], ['no money', error.message]);
  });

  it('name no method that does not exist', async (t) => {
    const recorder = register(t);
    instrumented(t);
    const { calls } = await world(t);
    await failure(calls.absent(null));
    await finished(recorder, 2);
    const [served, called] = recorder.spans as [ReadableSpan, ReadableSpan];
    assert.equal(served.name, 'mailstation');
    assert.equal(served.attributes['rpc.method'], '_OTHER');
    assert.equal(served.attributes['rpc.method_original'], 'user.service.absent');
    assert.equal(served.attributes['error.type'], 'ERR_RPC_NO_METHOD');
    assert.equal(called.name, 'user.service.absent');
    assert.equal(served.parentSpanContext?.spanId, called.spanContext().spanId);
  });

  it('end with the send of a one-way call, and with the end of a stream', async (t) => {
    const recorder = register(t);
    instrumented(t);
    const { calls } = await world(t);
    await calls.f.oneway(null, 1);
    assert.deepEqual(recorder.spans.map(({ attributes }) => attributes['mailstation.delivery']).filter(Boolean), [
      'unknown',
    ]);
    await finished(recorder, 2);
    const stream = calls.count.stream(null, 1_000); // more than the window
    await stream.next();
    assert.equal(recorder.spans.length, 2);
    for await (const _ of stream);
    await finished(recorder, 4);
    const left = calls.count.stream(null, 100_000);
    await left.next();
    await left.return();
    await finished(recorder, 6);
    const [served, called] = [5, 4].map((at) => recorder.spans[at]).sort((a, b) => Number(a?.kind) - Number(b?.kind));
    assert.deepEqual([called?.attributes['rpc.status_code'], called?.attributes['error.type']], ['OK', undefined]);
    assert.deepEqual(
      [served?.attributes['rpc.status_code'], served?.attributes['error.type']],
      ['ERR_RPC_CANCELLED', undefined],
      'a reader that leaves is no failure of the server',
    );
    assert.deepEqual(
      recorder.spans.map(({ status }) => status.code),
      recorder.spans.map(() => api.SpanStatusCode.UNSET),
    );
  });

  it('begin with the arrival of the call, the queue included', async (t) => {
    const recorder = register(t);
    instrumented(t);
    let free = (): void => {};
    const busy = new Promise<void>((resolve) => {
      free = resolve;
    });
    const server = await serve(t, { ...service, wait: () => busy }, { maxConcurrent: 1 });
    const { calls } = await call(t, [server]);
    const first = calls.wait(null);
    const queued = calls.f(null, 1);
    await until(() => server.server.stats().load.queued === 1, { what: 'the call in the queue' });
    // The SDK reads the end of a span from a clock of whole milliseconds, where the start was given to it.
    const since = performance.now();
    await until(() => performance.now() > since + 2, { what: 'the next millisecond' });
    free();
    await Promise.all([first, queued]);
    await finished(recorder, 4);
    const served = recorder.spans.filter(({ kind }) => kind === api.SpanKind.SERVER);
    const [early, late] = served.sort((a, b) => a.startTime[0] - b.startTime[0] || a.startTime[1] - b.startTime[1]);
    const end = (early?.endTime[0] ?? 0) * 1e9 + (early?.endTime[1] ?? 0);
    assert.ok((late?.startTime[0] ?? 0) * 1e9 + (late?.startTime[1] ?? 0) < end, 'it began while the other one ran');
  });
});

describe('a call that is tried again', () => {
  const failing = async (t: TestContext) => {
    const dead = { id: 'test-1', serverType: 'test', port: await unusedPort(t) };
    const good = await serve(t, service, { id: 'test-2' });
    return call(t, [dead, good], { failMode: 'failover', router: () => 'test-1' });
  };

  it('is one span of the client, of the server that answered', async (t) => {
    const recorder = register(t);
    instrumented(t);
    const { calls } = await failing(t);
    await calls.f(null, 1);
    await finished(recorder, 2);
    assert.deepEqual(tree(recorder.spans), ['CLIENT user.service.f test-2 OK', '  SERVER user.service.f test-2 OK']);
  });

  it('has its attempts as children on demand, each linked with the one before', async (t) => {
    const recorder = register(t);
    instrumented(t, { attempts: true });
    const { calls } = await failing(t);
    await calls.f(null, 1);
    await finished(recorder, 4);
    assert.deepEqual(tree(recorder.spans), [
      'CLIENT user.service.f test-2 OK',
      '  CLIENT user.service.f test-1 ERR_RPC_CONNECT',
      '  CLIENT user.service.f test-2 OK',
      '    SERVER user.service.f test-2 OK',
    ]);
    const attempts = recorder.spans.filter(({ attributes }) => attributes['mailstation.attempt'] !== undefined);
    const [first, second] = attempts.sort(
      (a, b) => Number(a.attributes['mailstation.attempt']) - Number(b.attributes['mailstation.attempt']),
    );
    assert.deepEqual(first?.links, []);
    assert.deepEqual(
      second?.links.map(({ context }) => context.spanId),
      [first?.spanContext().spanId],
    );
  });

  it('has no attempts in failfast', async (t) => {
    const recorder = register(t);
    instrumented(t, { attempts: true });
    const { calls } = await world(t);
    await calls.f(null, 1);
    await finished(recorder, 2);
    assert.deepEqual(tree(recorder.spans), ['CLIENT user.service.f test-1 OK', '  SERVER user.service.f test-1 OK']);
  });
});

describe('a call of all servers', () => {
  it('is a span around the call of each server', async (t) => {
    const recorder = register(t);
    instrumented(t);
    const servers = [await serve(t, service), await serve(t, { g: () => 1 }, { id: 'test-2' })];
    const { calls } = await call(t, servers);
    await calls.f.toServer('*', 1);
    await finished(recorder, 5);
    const [all, ...below] = tree(recorder.spans);
    assert.equal(all, 'INTERNAL user.service.f ERR_RPC_NO_METHOD');
    assert.deepEqual(below.sort(), [
      '    SERVER mailstation test-2 ERR_RPC_NO_METHOD',
      '    SERVER user.service.f test-1 OK',
      '  CLIENT user.service.f test-1 OK',
      '  CLIENT user.service.f test-2 ERR_RPC_NO_METHOD',
    ]);
    const span = recorder.spans.find(({ kind }) => kind === api.SpanKind.INTERNAL);
    assert.equal(span?.attributes['mailstation.failed_servers'], 1);
    assert.equal(span?.status.code, api.SpanStatusCode.ERROR);
  });
});

describe('instrument()', () => {
  it('records what begins before the SDK is registered later', async (t) => {
    instrumented(t);
    const { calls } = await world(t);
    assert.equal(await calls.f(null, 1), 1);
    const recorder = register(t);
    assert.equal(await calls.f(null, 2), 2);
    await finished(recorder, 2);
    assert.equal((await recorder.points('rpc.client.call.duration')).length, 1);
  });

  it('records to its end what has begun when it is stopped, and nothing that begins then', async (t) => {
    const recorder = register(t);
    let free = (): void => {};
    const busy = new Promise<void>((resolve) => {
      free = resolve;
    });
    const { calls } = await call(t, [await serve(t, { ...service, wait: () => busy })]);
    const stop = instrumented(t);
    const waiting = calls.wait(null);
    await calls.f(null, 1);
    await finished(recorder, 2);
    stop();
    await calls.f(null, 2);
    free();
    await waiting;
    await finished(recorder, 4);
    assert.equal(recorder.spans.length, 4);
    const { callChannel, serveChannel } = await import('../../../lib/channels.js');
    assert.deepEqual([callChannel.hasSubscribers, serveChannel.hasSubscribers], [false, false]);
  });

  it('leaves out what is to be ignored, and the questions of tools by default', async (t) => {
    const recorder = register(t);
    const { calls, client } = await world(t);
    const stop = instrumented(t);
    await client.rpcInvoke('test-1', { namespace: '$mailstation', service: 'health', method: 'check', args: [] });
    assert.deepEqual(recorder.spans, []);
    stop();
    instrumented(t, { ignore: (method) => method.endsWith('.f') });
    await calls.f(null, 1);
    assert.deepEqual(await failure(calls.fail(null)).then(() => tree(recorder.spans)), [
      'CLIENT user.service.fail test-1 ERR_RPC_REMOTE',
      '  SERVER user.service.fail test-1 ERR_RPC_REMOTE',
    ]);
  });

  it('makes no spans with traces: false, and records no durations with metrics: false', async (t) => {
    const recorder = register(t);
    const { calls } = await world(t);
    const stop = instrumented(t, { traces: false });
    await calls.f(null, 1);
    assert.deepEqual(recorder.spans, []);
    stop();
    instrumented(t, { metrics: false });
    await calls.f(null, 1);
    await finished(recorder, 2);
    const [point] = await recorder.points('rpc.client.call.duration');
    assert.equal(point?.value.count, 1);
  });

  it('fails no call where the SDK fails, and says so where OpenTelemetry does', async (t) => {
    register(t);
    const said: string[] = [];
    const log = (message: string, error: unknown): void => void said.push(`${message}: ${error}`);
    api.diag.setLogger({ error: log, warn() {}, info() {}, debug() {}, verbose() {} });
    t.after(() => api.diag.disable());
    const broken = {
      getTracer: () => ({
        startSpan() {
          throw new Error('no span');
        },
      }),
    };
    instrumented(t, { tracerProvider: broken });
    const { calls } = await world(t);
    assert.equal(await calls.f(null, 1), 1);
    assert.deepEqual(said, Array(2).fill('mailstation: a call could not be recorded: Error: no span'));
  });

  it('warns where the SDK is registered with another copy of the API', async (t) => {
    const key = Symbol.for('opentelemetry.js.api.1');
    const known = Reflect.get(globalThis, key);
    Reflect.set(globalThis, key, { version: '1.2.0', trace: {} });
    t.after(() => Reflect.set(globalThis, key, known));
    const warnings: Error[] = [];
    const listener = (warning: Error) => void warnings.push(warning);
    process.on('warning', listener);
    t.after(() => process.off('warning', listener));
    instrumented(t);
    const { calls } = await world(t);
    await calls.f(null, 1);
    await until(() => warnings.length > 0, { what: 'the warning' });
    assert.match(
      String(warnings[0]),
      /another copy of @opentelemetry\/api .* version 1\.2\.0, and records nothing; hand in/,
    );
  });

  it('refuses options that are none, and to record each call twice', async (t) => {
    const { instrument } = await import('../../../otel.js');
    const refused = (options: unknown, text: RegExp): void =>
      assert.throws(
        () => instrument(options as never),
        (error) => error instanceof RpcError && error.code === 'ERR_RPC_INVALID_ARGUMENT' && text.test(error.message),
      );
    refused(7, /the argument of instrument\(\)/);
    refused({ attempt: true }, /did you mean attempts\?/);
    refused({ attempts: 'yes' }, /attempts/);
    refused({ api: {} }, /api must be the module @opentelemetry\/api/);
    refused({ tracerProvider: {} }, /tracerProvider/);
    refused({ meterProvider: 7 }, /meterProvider/);
    refused({ propagator: {} }, /propagator/);
    refused({ ignore: /x/ }, /ignore/);
    instrumented(t);
    refused({}, /called before/);
  });
});
