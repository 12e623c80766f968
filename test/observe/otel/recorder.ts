import type { TestContext } from 'node:test';
import * as api from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core';
import {
  AggregationTemporality,
  type HistogramMetricData,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { type InstrumentOptions, instrument } from '../../../otel.js';

const KINDS = ['INTERNAL', 'SERVER', 'CLIENT'];
/** Far longer than a test takes: metrics are exported when they are asked for. ms */
const NEVER_MS = 3_600_000;

/** An SDK that is registered for the test, and what it has exported. */
export function register(t: TestContext) {
  const contexts = new AsyncLocalStorageContextManager().enable();
  api.context.setGlobalContextManager(contexts);
  api.propagation.setGlobalPropagator(
    new CompositePropagator({ propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()] }),
  );
  const exporter = new InMemorySpanExporter();
  const tracers = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  api.trace.setGlobalTracerProvider(tracers);
  const metricExporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter: metricExporter, exportIntervalMillis: NEVER_MS });
  const meters = new MeterProvider({ readers: [reader] });
  api.metrics.setGlobalMeterProvider(meters);
  t.after(async () => {
    await meters.shutdown();
    for (const part of [api.trace, api.metrics, api.propagation, api.context]) part.disable();
  });
  const tracer = api.trace.getTracer('test');
  return {
    get spans(): ReadableSpan[] {
      return exporter.getFinishedSpans();
    },
    /** Data points of a histogram, as `attributes` and `count`. */
    async points(name: string): Promise<Point[]> {
      await meters.forceFlush();
      const all = metricExporter
        .getMetrics()
        .at(-1)
        ?.scopeMetrics.flatMap(({ scope, metrics }) =>
          metrics.flatMap(({ descriptor, dataPoints }) =>
            descriptor.name !== name
              ? []
              : (dataPoints as HistogramMetricData['dataPoints']).map((point) => ({ descriptor, scope, point })),
          ),
        );
      return (all ?? []).map(({ descriptor, scope, point: { attributes, value } }) => ({
        descriptor,
        scope,
        attributes,
        value,
      }));
    },
    /** Runs the work within a span of the test. */
    within: <T>(name: string, work: () => Promise<T>): Promise<T> =>
      tracer.startActiveSpan(name, async (span) => {
        try {
          return await work();
        } finally {
          span.end();
        }
      }),
  };
}

export type Recorder = ReturnType<typeof register>;

interface Point {
  readonly descriptor: HistogramMetricData['descriptor'];
  readonly scope: { readonly name: string; readonly version?: string; readonly schemaUrl?: string };
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly value: HistogramMetricData['dataPoints'][number]['value'];
}

/** Instruments the process until the test is over. */
export function instrumented(t: TestContext, options: InstrumentOptions = {}): () => void {
  const stop = instrument(options);
  t.after(stop);
  return stop;
}

/** The spans as lines of a tree: children below their parents, in the order of their starts. */
export function tree(
  spans: readonly ReadableSpan[],
  describe = (span: ReadableSpan): string => nameOf(span),
): string[] {
  const ids = new Set(spans.map((span) => span.spanContext().spanId));
  const sorted = [...spans].sort((one, other) => timeOf(one) - timeOf(other));
  const under = (parent: string | undefined, depth: number): string[] =>
    sorted
      .filter(({ parentSpanContext: { spanId } = { spanId: undefined } }) =>
        parent === undefined ? spanId === undefined || !ids.has(spanId) : spanId === parent,
      )
      .flatMap((span) => ['  '.repeat(depth) + describe(span), ...under(span.spanContext().spanId, depth + 1)]);
  return under(undefined, 0);
}

function nameOf({ kind, name, attributes }: ReadableSpan): string {
  const { 'mailstation.server.id': server, 'rpc.status_code': code } = attributes;
  return [KINDS[kind], name, server, code].filter((part) => part !== undefined).join(' ');
}

function timeOf({ startTime: [seconds, nanos] }: ReadableSpan): number {
  return seconds * 1_000 + nanos / 1e6;
}
