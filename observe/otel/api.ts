/**
 * The parts of `@opentelemetry/api` that are used, as shapes: the objects of each version from 1.3 on fit, whichever copy they come from, and
 * the declarations of this package need none of its types.
 */
export interface OtelApi {
  readonly context: {
    active(): OtelContext;
    with(context: OtelContext, work: () => void): void;
  };
  readonly trace: {
    getTracerProvider(): OtelTracerProvider;
    setSpan(context: OtelContext, span: OtelSpan): OtelContext;
  };
  readonly propagation: OtelPropagator;
  readonly metrics: { getMeterProvider(): OtelMeterProvider };
  readonly diag: { error(message: string, ...args: unknown[]): void };
  readonly ROOT_CONTEXT: OtelContext;
}

/** `Context` of the API. */
export interface OtelContext {
  getValue(key: symbol): unknown;
  setValue(key: symbol, value: unknown): OtelContext;
  deleteValue(key: symbol): OtelContext;
}

/** `TracerProvider` of the API. */
export interface OtelTracerProvider {
  getTracer(name: string, version?: string, options?: { schemaUrl?: string }): OtelTracer;
}

/** `Tracer` of the API. */
export interface OtelTracer {
  startSpan(name: string, options?: OtelSpanOptions, context?: OtelContext): OtelSpan;
}

export interface OtelSpanOptions {
  kind?: number;
  attributes?: Record<string, string | number>;
  links?: { context: OtelSpanContext }[];
  /** On the clock of `performance.now()`. Unit: ms */
  startTime?: number;
}

export interface OtelSpanContext {
  traceId: string;
  spanId: string;
  traceFlags: number;
}

/** `Span` of the API. */
export interface OtelSpan {
  spanContext(): OtelSpanContext;
  isRecording(): boolean;
  setAttribute(name: string, value: string | number): unknown;
  setStatus(status: { code: number; message?: string }): unknown;
  updateName(name: string): unknown;
  /** `endTime`: on the clock of `performance.now()`. Unit: ms */
  end(endTime?: number): void;
}

/** `TextMapPropagator` of the API, and its `propagation`. */
export interface OtelPropagator {
  inject(context: OtelContext, carrier: unknown, setter: OtelSetter): void;
  extract(context: OtelContext, carrier: unknown, getter: OtelGetter): OtelContext;
  fields(): string[];
}

export interface OtelSetter {
  set(carrier: unknown, key: string, value: string): void;
}

export interface OtelGetter {
  keys(carrier: unknown): string[];
  get(carrier: unknown, key: string): undefined | string | string[];
}

/** `MeterProvider` of the API. */
export interface OtelMeterProvider {
  getMeter(name: string, version?: string, options?: { schemaUrl?: string }): OtelMeter;
}

/** `Meter` of the API. */
export interface OtelMeter {
  createHistogram(name: string, options?: OtelHistogramOptions): OtelHistogram;
}

export interface OtelHistogramOptions {
  description?: string;
  unit?: string;
  advice?: { explicitBucketBoundaries?: number[] };
}

/** `Histogram` of the API. */
export interface OtelHistogram {
  record(value: number, attributes?: Record<string, string>): void;
}
