import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import * as api from '@opentelemetry/api';
import { call, failure, serve } from '../../behaviour/support.js';
import { until } from '../../support/until.js';
import { instrumented, type Recorder, register, tree } from './recorder.js';

const PARENT = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) };
const TRACEPARENT = `00-${PARENT.traceId}-${PARENT.spanId}-01`;

const finished = (recorder: Recorder, count: number): Promise<unknown> =>
  until(() => recorder.spans.length >= count, { what: `${count} spans` });

/** The diagnostics of OpenTelemetry that tell of faults. */
function faults(t: TestContext): string[] {
  const said: string[] = [];
  const log = (message: string, error: unknown): void => void said.push(`${message}: ${error}`);
  api.diag.setLogger({ error: log, warn() {}, info() {}, debug() {}, verbose() {} });
  t.after(() => api.diag.disable());
  return said;
}

const never = (what: string) => (): never => {
  throw new Error(what);
};

describe('a span', () => {
  it('ends where the propagator throws at both ends of a call, and begins a trace there', async (t) => {
    const recorder = register(t);
    const said = faults(t);
    const propagator = { inject: never('inject'), extract: never('extract'), fields: () => [] };
    const stop = instrumented(t, { propagator });
    const { calls } = await call(t, [await serve(t, { f: async () => 1 })]);
    assert.equal(await calls.f(null), 1);
    await finished(recorder, 2);
    assert.deepEqual(tree(recorder.spans), ['CLIENT user.service.f test-1 OK', 'SERVER user.service.f test-1 OK']);
    stop();
    const writing = {
      ...propagator,
      inject: (...of: Parameters<typeof api.propagation.inject>) => api.propagation.inject(...of),
    };
    instrumented(t, { propagator: writing as typeof propagator });
    assert.equal(await calls.f(null), 1);
    await finished(recorder, 4);
    assert.deepEqual(tree(recorder.spans).length, 4, 'four roots or children, none lost');
    assert.deepEqual(said, [
      'mailstation: the context of a call could not be written, and does not travel: Error: inject',
      'mailstation: the context of a call could not be read, and its span begins a trace: Error: extract',
    ]);
  });

  it('ends where its attributes cannot be set, and the duration counts', async (t) => {
    const recorder = register(t);
    faults(t);
    const tracer = api.trace.getTracer('real');
    const startSpan = (...of: Parameters<typeof tracer.startSpan>): api.Span =>
      Object.assign(tracer.startSpan(...of), { setAttribute: never('no attribute') });
    instrumented(t, { attempts: true, tracerProvider: { getTracer: () => ({ startSpan }) } });
    const { calls } = await call(t, [await serve(t, { f: async () => 1 })], { failMode: 'failover' });
    await calls.f(null);
    await calls.f.toServer('*');
    await finished(recorder, 6);
    const points = await recorder.points('rpc.client.call.duration');
    assert.equal(points[0]?.value.count, 2);
  });

  it('keeps its trace where other fields of the propagator cannot travel', async (t) => {
    const recorder = register(t);
    const others: Record<string, string>[] = [
      { baggage: 'user=Zoë' },
      { baggage: `user=${'x'.repeat(20_000)}` },
      { 'x y': 'no name' },
      Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`uberctx-${at}-${'k'.repeat(40)}`, 'v'.repeat(20)])),
    ];
    for (const fields of others) {
      const propagator = {
        inject(_context: unknown, carrier: unknown, setter: { set(of: unknown, name: string, value: string): void }) {
          for (const [name, value] of Object.entries({ ...fields, TraceParent: TRACEPARENT }))
            setter.set(carrier, name, value);
        },
        extract: (...of: Parameters<typeof api.propagation.extract>) => api.propagation.extract(...of),
        fields: () => ['traceparent'],
      };
      const stop = instrumented(t, { propagator: propagator as never });
      const { calls, client } = await call(t, [await serve(t, { f: async () => 1 })]);
      const before = recorder.spans.length;
      await calls.f(null);
      await finished(recorder, before + 2);
      const served = recorder.spans.slice(before).find(({ kind }) => kind === api.SpanKind.SERVER);
      assert.equal(served?.parentSpanContext?.traceId, PARENT.traceId, Object.keys(fields)[0]);
      stop();
      await client.stop();
    }
  });

  it('has bounded texts, however long those of another process are', async (t) => {
    const recorder = register(t);
    instrumented(t);
    const fail = async (): Promise<never> => {
      throw new Error('x'.repeat(1_000_000));
    };
    const { calls, client } = await call(t, [await serve(t, { fail })]);
    await failure(calls.fail(null));
    const method = 'm'.repeat(2_000);
    await failure(
      client.rpcInvoke('test-1', { namespace: 'user', service: 'service', method, args: [] }) as Promise<unknown>,
    );
    await finished(recorder, 4);
    const lengths = recorder.spans.map(({ status }) => status.message?.length ?? 0);
    assert.ok(Math.max(...lengths) <= 1_030, `${lengths}`);
    const original = recorder.spans.map(({ attributes }) => attributes['rpc.method_original']).find(Boolean);
    assert.ok(String(original).length <= 260, `${String(original).length}`);
  });
});
