import * as api from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import { AlwaysOffSampler, AlwaysOnSampler, type SpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { instrument } from 'mailstation/otel';

export { peer } from './mailstation.js';

/** `?on=`: a list of `sdk`, `traces`, `metrics` and `unsampled`. */
const ON = new URL(import.meta.url).searchParams.get('on')?.split(',') ?? [];

/** Keeps nothing: an exporter would be measured with it. */
const dropping: SpanProcessor = {
  onStart() {},
  onEnd() {},
  forceFlush: async () => {},
  shutdown: async () => {},
};

/** Is asked for nothing. */
class IdleReader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

if (ON.includes('sdk')) {
  const sampler = ON.includes('unsampled') ? new AlwaysOffSampler() : new AlwaysOnSampler();
  api.context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  api.propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  api.trace.setGlobalTracerProvider(new TracerProvider({ sampler, spanProcessors: [dropping] }));
  api.metrics.setGlobalMeterProvider(new MeterProvider({ readers: [new IdleReader()] }));
}
if (ON.includes('traces') || ON.includes('metrics'))
  instrument({ traces: ON.includes('traces'), metrics: ON.includes('metrics') });
