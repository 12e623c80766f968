import type { OtelContext, OtelSpan, OtelSpanOptions, OtelTracer } from './api.js';
import { fieldsOfContext } from './carrier.js';
import { ATTRIBUTE, OK, SCHEMA_URL, SCOPE, SCOPE_VERSION, STATUS_ERROR } from './conventions.js';
import { warnOfOtherCopy } from './copies.js';
import type { ResolvedOptions } from './options.js';

/** Makes spans with the tracer of the options, and lets their contexts travel. */
export class Spans {
  readonly options: ResolvedOptions;
  /** Taken with the first span. A tracer that was taken before the program registers its SDK comes alive with that. */
  #tracer: OtelTracer | undefined;

  constructor(options: ResolvedOptions) {
    this.options = options;
  }

  start(name: string, options: OtelSpanOptions, parent: OtelContext): OtelSpan {
    this.#tracer ??= this.#makeTracer();
    return this.#tracer.startSpan(name, options, parent);
  }

  /** The fields by which the span's context travels. */
  fields(span: OtelSpan, parent: OtelContext): Record<string, string> | undefined {
    const { api, propagator } = this.options;
    return fieldsOfContext(propagator, api.trace.setSpan(parent, span));
  }

  #makeTracer(): OtelTracer {
    const { api, tracerProvider = api.trace.getTracerProvider() } = this.options;
    warnOfOtherCopy(api);
    return tracerProvider.getTracer(SCOPE, SCOPE_VERSION, { schemaUrl: SCHEMA_URL });
  }
}

/** Sets how a call has ended. `errorType`: undefined for a call that is no failure. */
export function setOutcome(
  span: OtelSpan,
  code: string | undefined,
  errorType: string | undefined,
  message: string | undefined,
): void {
  span.setAttribute(ATTRIBUTE.statusCode, code ?? OK);
  if (errorType === undefined) return;
  span.setAttribute(ATTRIBUTE.errorType, errorType);
  span.setStatus(message === undefined ? { code: STATUS_ERROR } : { code: STATUS_ERROR, message });
}
