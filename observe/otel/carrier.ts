import { isTraceField, MAX_TRACE_FIELDS, traceText } from '../../lib/protocol/trace-item.js';
import type { OtelContext, OtelGetter, OtelPropagator, OtelSetter } from './api.js';

/** Fields of a trace context, by names in lower case. */
type Fields = Record<string, string>;

/** Length at which all fields fit, also where each of their characters is escaped. Unit: characters */
const SURELY_FITS = 8_000;

/** Leaves out what does not travel, such as a baggage beyond ASCII: the trace is worth more than all of its fields. */
const setter: OtelSetter = {
  set(fields, name, value) {
    const key = name.toLowerCase();
    if (isTraceField(key, value)) (fields as Fields)[key] = value;
  },
};

const getter: OtelGetter = {
  keys: (fields) => Object.keys(fields as Fields),
  get: (fields, name) => (fields as Fields)[name.toLowerCase()],
};

/**
 * The context as fields that travel; undefined where there is nothing to carry. Where they are too many or too long together, the longest are left
 * out.
 */
export function fieldsOfContext(propagator: OtelPropagator, context: OtelContext): Fields | undefined {
  const fields: Fields = {};
  propagator.inject(context, fields, setter);
  let count = 0;
  let length = 0;
  for (const name in fields) {
    count += 1;
    length += name.length + (fields[name] as string).length;
  }
  if (count === 0) return undefined;
  return count <= MAX_TRACE_FIELDS && length <= SURELY_FITS ? fields : shortened(fields);
}

function shortened(fields: Fields): Fields | undefined {
  const names = Object.keys(fields).sort((one, other) => lengthOf(fields, other) - lengthOf(fields, one));
  for (const longest of names) {
    if (traceText(fields) !== undefined) return fields;
    delete fields[longest];
  }
  return undefined;
}

function lengthOf(fields: Fields, name: string): number {
  return name.length + (fields[name]?.length ?? 0);
}

/** The context that has come with a call. */
export function contextOfFields(
  propagator: OtelPropagator,
  root: OtelContext,
  fields: Readonly<Fields> | undefined,
): OtelContext {
  return fields === undefined ? root : propagator.extract(root, fields, getter);
}
