/** A function of a service. The arguments come from the wire, so nothing is known about them. */
export type Method = (...args: unknown[]) => unknown;

export function isFunction(value: unknown): value is Method {
  return typeof value === 'function';
}

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

export function sourceOf(fn: Method): string {
  return Function.prototype.toString.call(fn);
}
