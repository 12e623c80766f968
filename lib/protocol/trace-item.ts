import { jsonText } from '../json-text.js';
import { type RawBytes, readUtf8 } from '../raw-bytes.js';
import type { FrameWriter } from './frame-writer.js';
import { readUint32 } from './packet.js';
import { parseJson } from './parse-json.js';

/**
 * Trace context of a call, as a propagator writes it: `traceparent`, `tracestate`, `baggage`. Names are in lower case, values are printable
 * ASCII.
 */
export type TraceFields = Readonly<Record<string, string>>;

/** Largest item: a baggage of 8,192 bytes, the limit of W3C, fits with all else. Unit: bytes */
export const MAX_TRACE_BYTES = 16_384;
/** Largest number of fields. */
export const MAX_TRACE_FIELDS = 16;
const NAME = /^[a-z0-9!#$%&'*+.^_`|~-]{1,64}$/;
const VALUE = /^[\t -~]*$/;

/**
 * Text of the item: JSON, whatever codec the connection has, so that a relay passes the bytes on. Undefined for fields that no receiver
 * would take: a name or a value out of the range, more than 16 fields, more than 16,384 bytes, and for no fields.
 */
export function traceText(fields: unknown): string | undefined {
  const taken = takenFields(fields);
  const text = taken && jsonText(taken);
  return text === undefined || text.length > MAX_TRACE_BYTES ? undefined : text;
}

/** Writes the first item of a body. */
export function writeTrace(out: FrameWriter, text: string): void {
  const mark = out.beginItem();
  out.appendUtf8(text);
  out.endItem(mark);
}

/**
 * Reads the first item of a body. Undefined for an item that is no trace context: a call is worth more than its trace, so that nothing in
 * this item makes the call fail. Throws nothing.
 */
export function readTrace(bytes: RawBytes, start: number, end: number): TraceFields | undefined {
  if (end - start < 4) return undefined;
  const length = readUint32(bytes, start);
  if (length > MAX_TRACE_BYTES || length > end - start - 4) return undefined;
  try {
    return takenFields(parseJson(readUtf8(bytes, start + 4, start + 4 + length)));
  } catch {
    return undefined; // not JSON
  }
}

/** Whether a receiver takes a field of this name and value. */
export function isTraceField(name: string, text: unknown): text is string {
  return typeof text === 'string' && NAME.test(name) && VALUE.test(text);
}

/** A copy without a prototype, so that a propagator finds no member of `Object` in it. */
function takenFields(value: unknown): TraceFields | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const entries = Object.entries(value);
  if (entries.length === 0 || entries.length > MAX_TRACE_FIELDS) return undefined;
  const taken: Record<string, string> = Object.create(null);
  for (const [name, text] of entries) {
    if (!isTraceField(name, text)) return undefined;
    taken[name] = text;
  }
  return taken;
}
