import type { OtelContext, OtelGetter, OtelPropagator, OtelSetter } from './api.js';

/** Fields of a trace context, by names in lower case. */
type Fields = Record<string, string>;

const setter: OtelSetter = {
  set(fields, name, value) {
    (fields as Fields)[name.toLowerCase()] = value;
  },
};

const getter: OtelGetter = {
  keys: (fields) => Object.keys(fields as Fields),
  get: (fields, name) => (fields as Fields)[name.toLowerCase()],
};

/** The context as fields that travel; undefined where there is nothing to carry. */
export function fieldsOfContext(propagator: OtelPropagator, context: OtelContext): Fields | undefined {
  const fields: Fields = {};
  propagator.inject(context, fields, setter);
  for (const _ in fields) return fields;
  return undefined;
}

/** The context that has come with a call. */
export function contextOfFields(
  propagator: OtelPropagator,
  root: OtelContext,
  fields: Readonly<Fields> | undefined,
): OtelContext {
  return fields === undefined ? root : propagator.extract(root, fields, getter);
}
