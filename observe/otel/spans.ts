import type { OtelContext, OtelSpan, OtelSpanOptions, OtelTracer } from './api.js';
import { contextOfFields, fieldsOfContext } from './carrier.js';
import { ATTRIBUTE, OK, SCHEMA_URL, SCOPE, SCOPE_VERSION, STATUS_ERROR } from './conventions.js';
import { warnOfOtherCopy } from './copies.js';
import type { ResolvedOptions } from './options.js';

/** Message of a status: that of an error which another process has sent may be as long as a frame. Unit: characters */
const MAX_MESSAGE = 1_024;

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

  /** The fields by which the span's context travels. Undefined where the propagator fails: the span is there all the same, and ends. */
  fields(span: OtelSpan, parent: OtelContext): Record<string, string> | undefined {
    const { api, propagator } = this.options;
    try {
      return fieldsOfContext(propagator, api.trace.setSpan(parent, span));
    } catch (error) {
      api.diag.error('mailstation: the context of a call could not be written, and does not travel', error);
      return undefined;
    }
  }

  /** The context that has come with a call; the root where there is none, or where the propagator cannot read it. */
  parentOf(fields: Readonly<Record<string, string>> | undefined): OtelContext {
    const { api, propagator } = this.options;
    try {
      return contextOfFields(propagator, api.ROOT_CONTEXT, fields);
    } catch (error) {
      api.diag.error('mailstation: the context of a call could not be read, and its span begins a trace', error);
      return api.ROOT_CONTEXT;
    }
  }

  #makeTracer(): OtelTracer {
    const { api, tracerProvider = api.trace.getTracerProvider() } = this.options;
    warnOfOtherCopy(api);
    return tracerProvider.getTracer(SCOPE, SCOPE_VERSION, { schemaUrl: SCHEMA_URL });
  }
}

/** A name or a message that another process has chosen, within bounds. Unit of `length`: characters */
export function bounded(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}...` : text;
}

/** Ends a span, with its last attributes where it is recorded. The span ends whatever these do. */
export function endSpan(span: OtelSpan, endedAt: number, describe: () => void): void {
  try {
    if (span.isRecording()) describe();
  } finally {
    span.end(endedAt);
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
  const status = { code: STATUS_ERROR };
  span.setStatus(message === undefined ? status : { ...status, message: bounded(message, MAX_MESSAGE) });
}
