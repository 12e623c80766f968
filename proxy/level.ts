import { isMark, isNotRemote } from '../lib/not-remote.js';
import { NOT_SENT } from '../lib/not-sent.js';

/** Gives the value for a name that a level does not have. */
export type Missing = (name: string, level: object) => unknown;

const missingOf = new WeakMap<object, Missing>();

/**
 * Prototype of all levels. A name that a level has is read as from any object. Only a read of another name comes here; the
 * operator `in` and the names of Object.prototype work as everywhere.
 */
const fallback = new Proxy(
  Object.defineProperties(
    {},
    {
      constructor: { value: ProxyLevel, writable: true, configurable: true },
      [NOT_SENT]: { value: 'a level of client.proxies' },
    },
  ),
  {
    get(target, name, level) {
      if (typeof name === 'symbol') return Reflect.get(target, name, level);
      if (isMark(name)) return undefined; // `__proto__` as well
      if (name in target) return Reflect.get(target, name, level);
      return isNotRemote(name) ? undefined : missingOf.get(level)?.(name, level);
    },
  },
);

/** A level of `client.proxies`: the namespaces, server types, modules or methods, by name. */
function ProxyLevel(): void {}
ProxyLevel.prototype = fallback;

/** Makes a level whose `missing` is asked for names that the level does not have. */
export function makeLevel(missing: Missing): Record<string, unknown> {
  const level = Object.create(fallback) as Record<string, unknown>;
  missingOf.set(level, missing);
  return level;
}

/** Gives an object a property of its own, under any name: `__proto__` as well. Users may replace or delete the property. */
export function setOwn(level: object, name: string, value: unknown, enumerable = true): void {
  Object.defineProperty(level, name, { value, writable: true, enumerable, configurable: true });
}

/** Property of an object's own; undefined for a missing and for an inherited one. */
export function getOwn<T>(level: Record<string, T>, name: string): T | undefined {
  return Object.hasOwn(level, name) ? level[name] : undefined;
}
