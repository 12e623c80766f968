import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { call, failure, serve } from '../../behaviour/support.js';
import { instrumented, register } from './recorder.js';

const service = {
  f: async (value: unknown) => value,
  fail: async () => {
    throw new Error('no');
  },
};

describe('the durations of calls', () => {
  it('are histograms in seconds, with the names, attributes and boundaries of the conventions', async (t) => {
    const recorder = register(t);
    instrumented(t);
    const { calls } = await call(t, [await serve(t, service)]);
    for (let i = 0; i < 3; i++) await calls.f(null, i);
    await failure(calls.fail(null));
    await failure(calls.absent(null));
    const known = { 'rpc.system.name': 'mailstation' };
    const ended = [
      [{ ...known, 'rpc.method': 'user.service.f', 'rpc.status_code': 'OK' }, 3],
      [{ ...known, 'rpc.method': 'user.service.fail', ...failed('ERR_RPC_REMOTE') }, 1],
      [{ ...known, 'rpc.method': '_OTHER', ...failed('ERR_RPC_NO_METHOD') }, 1],
    ] as const;
    const served = await recorder.points('rpc.server.call.duration');
    assert.deepEqual(
      served.map(({ attributes, value }) => [attributes, value.count]),
      ended,
    );
    const called = await recorder.points('rpc.client.call.duration');
    assert.deepEqual(
      called.map(({ attributes, value }) => [attributes, value.count]),
      ended.map(([attributes, count]) => [{ ...attributes, 'server.address': 'test' }, count]),
    );
    for (const { descriptor, scope, value } of [...served, ...called]) {
      assert.equal(descriptor.unit, 's');
      assert.equal(scope.schemaUrl, 'https://opentelemetry.io/schemas/1.45.0');
      const { boundaries } = value.buckets;
      assert.deepEqual(boundaries, [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]);
      assert.ok((value.sum ?? -1) >= 0 && (value.sum ?? 60) < 60, `${value.sum} s`);
    }
  });

  it('are those of the spans', async (t) => {
    const recorder = register(t);
    instrumented(t);
    const { calls } = await call(t, [await serve(t, service)]);
    await calls.f(null, 1);
    const points = [
      ...(await recorder.points('rpc.server.call.duration')),
      ...(await recorder.points('rpc.client.call.duration')),
    ];
    for (const [at, { value }] of points.entries()) {
      const [seconds = 0, nanos = 0] = recorder.spans[at]?.duration ?? [];
      assert.ok(Math.abs(seconds + nanos / 1e9 - (value.sum ?? 0)) < 1e-6, 'to the microsecond');
    }
    assert.equal(points.length, 2);
  });
});

function failed(code: string) {
  return { 'rpc.status_code': code, 'error.type': code };
}
