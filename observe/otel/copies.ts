import type { OtelApi } from './api.js';

/** Place where all copies of the API register what is global, with the version of the first one that did. */
const GLOBAL = Symbol.for('opentelemetry.js.api.1');

interface Registered {
  readonly version?: string;
  readonly trace?: unknown;
}

let hasWarned = false;

/** Warns once where the copy of the API does not see what is registered: it makes spans that nothing records, and says nothing. */
export function warnOfOtherCopy(api: OtelApi): void {
  if (hasWarned) return;
  const { trace, version = '(unknown)' } = (globalThis as { [GLOBAL]?: Registered })[GLOBAL] ?? {};
  if (trace === undefined || api.trace.getTracerProvider() === trace) return;
  hasWarned = true;
  const why = `mailstation/otel has found another copy of @opentelemetry/api than the one that the program has registered its SDK with, which is version ${version}, and records nothing`;
  const cure = "hand in the program's own: instrument({ api }), after import * as api from '@opentelemetry/api'";
  process.emitWarning(`${why}; ${cure}`, { code: 'MAILSTATION_OTEL_COPIES' });
}
