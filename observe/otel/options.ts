import * as installed from '@opentelemetry/api';
import { boolean, fieldsOf, invalid, unfit } from '../../lib/options.js';
import { type OptionNames, unknownOptions } from '../../lib/unknown-options.js';
import type { OtelApi, OtelMeterProvider, OtelPropagator, OtelTracerProvider } from './api.js';

/** Options of {@link instrument}. */
export interface InstrumentOptions {
  /**
   * The module `@opentelemetry/api` that the program uses: `import * as api from '@opentelemetry/api'`. For programs in which mailstation finds another
   * copy, whose version may differ: such a copy sees nothing of the program's SDK.
   * @default the copy that mailstation finds
   */
  readonly api?: OtelApi | undefined;
  /** Provider of the tracer. @default the global one, also where it is registered later */
  readonly tracerProvider?: OtelTracerProvider | undefined;
  /** Provider of the meter. @default the global one, also where it is registered later */
  readonly meterProvider?: OtelMeterProvider | undefined;
  /** Writes and reads the context that travels with the calls. @default the global one */
  readonly propagator?: OtelPropagator | undefined;
  /** Make spans, and let their context travel. @default true */
  readonly traces?: boolean | undefined;
  /** Record the durations of calls. @default true */
  readonly metrics?: boolean | undefined;
  /** Make a span for each attempt at a call whose `failMode` may make further ones. @default false */
  readonly attempts?: boolean | undefined;
  /**
   * Says of the name of a method, `namespace.module.method`, whether its calls are left out, at clients and servers.
   * @default the methods of `$mailstation`, by which tools ask servers about themselves
   */
  readonly ignore?: ((method: string) => boolean) | undefined;
}

const NAMES = Object.freeze({
  api: true,
  attempts: true,
  ignore: true,
  meterProvider: true,
  metrics: true,
  propagator: true,
  tracerProvider: true,
  traces: true,
}) satisfies OptionNames<InstrumentOptions>;

export interface ResolvedOptions {
  readonly api: OtelApi;
  readonly tracerProvider: OtelTracerProvider | undefined;
  readonly meterProvider: OtelMeterProvider | undefined;
  readonly propagator: OtelPropagator;
  readonly traces: boolean;
  readonly metrics: boolean;
  readonly attempts: boolean;
  readonly ignore: (method: string) => boolean;
}

/** Checks the options. Throws {@link RpcCode.InvalidArgument}. */
export function resolveOptions(given: InstrumentOptions): ResolvedOptions {
  fieldsOf('the argument of instrument()', given, 'an object of options');
  const unknown = unknownOptions(given, { names: NAMES });
  if (unknown.length > 0) throw invalid(`instrument() has no option ${unknown.join(', ')}`);
  const { ignore = isQuestion, tracerProvider, meterProvider } = given;
  const api = resolveApi(given.api ?? installed);
  if (typeof ignore !== 'function') throw unfit('ignore', 'a function', ignore);
  if (tracerProvider !== undefined && typeof tracerProvider?.getTracer !== 'function')
    throw unfit('tracerProvider', 'a TracerProvider of OpenTelemetry', tracerProvider);
  if (meterProvider !== undefined && typeof meterProvider?.getMeter !== 'function')
    throw unfit('meterProvider', 'a MeterProvider of OpenTelemetry', meterProvider);
  const { propagator = api.propagation } = given;
  if (typeof propagator?.inject !== 'function' || typeof propagator.extract !== 'function')
    throw unfit('propagator', 'a TextMapPropagator of OpenTelemetry', propagator);
  return {
    ...{ api, tracerProvider, meterProvider, propagator, ignore },
    traces: boolean('traces', given.traces, true),
    metrics: boolean('metrics', given.metrics, true),
    attempts: boolean('attempts', given.attempts, false),
  };
}

function resolveApi(api: OtelApi): OtelApi {
  // In the build for CommonJS, and for a program that hands in a default import.
  const { default: whole } = api as { readonly default?: OtelApi };
  const found = typeof api?.trace?.setSpan === 'function' ? api : whole;
  if (typeof found?.trace?.setSpan === 'function' && typeof found.metrics?.getMeterProvider === 'function')
    return found;
  throw unfit('api', 'the module @opentelemetry/api, from version 1.3 on', api);
}

function isQuestion(method: string): boolean {
  return method.startsWith('$mailstation.');
}
