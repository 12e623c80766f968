/**
 * The entry `mailstation/otel`: spans and metrics of calls for OpenTelemetry. Needs the package @opentelemetry/api, which the program has with its
 * SDK.
 */

export type {
  OtelApi,
  OtelContext,
  OtelGetter,
  OtelHistogram,
  OtelHistogramOptions,
  OtelMeter,
  OtelMeterProvider,
  OtelPropagator,
  OtelSetter,
  OtelSpan,
  OtelSpanContext,
  OtelSpanOptions,
  OtelTracer,
  OtelTracerProvider,
} from './observe/otel/api.js';
export { instrument } from './observe/otel/instrument.js';
export type { InstrumentOptions } from './observe/otel/options.js';
