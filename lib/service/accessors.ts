import { isFunction, type Method, sourceOf } from './functions.js';

/** Value that an accessor gave when the accessor was read, or the fact that reading failed. */
export type Reading = { readonly value: unknown } | { readonly failed: true };

/** Each accessor is read once for each instance, however often the methods of the instance are listed. */
const readings = new WeakMap<object, Map<string, Reading>>();

/** Getter that does no work: the getter returns a field, or a bound field. The source is matched, and nothing is run. */
const RETURNS_A_FIELD =
  /^(?:static\s+)?get\s+[^(]*\(\s*\)\s*\{\s*return\s+[\p{ID_Continue}$]+(?:\??\.#?[\p{ID_Continue}$]+)+(?:\.bind\(this\))?\s*;?\s*\}$/u;

/**
 * Reads an accessor of an instance, once, where reading is safe. Undefined where reading may do work: a getter that is
 * written in a class and does more than return a field.
 *
 * Safe are the exports of a module and the properties of a plain object, since transpilers and bundlers export through
 * getters (TypeScript's re-exports, swc, esbuild, webpack, vitest). Safe are accessors that a decorator has defined, such
 * as `@autobind`.
 */
export function readAccessor(instance: object, level: object, name: string, getter: Method): Reading | undefined {
  const known = readings.get(instance)?.get(name);
  if (known !== undefined) return known;
  if (!isSafe(level, name, getter)) return undefined;
  const reading = read(instance, getter);
  // A module in a circle of imports may not have run yet: its getters throw now, and give their values later.
  if ('failed' in reading) return reading;
  const ofInstance = readings.get(instance) ?? new Map<string, Reading>();
  ofInstance.set(name, reading);
  readings.set(instance, ofInstance);
  return reading;
}

function read(instance: object, getter: Method): Reading {
  try {
    return { value: Reflect.apply(getter, instance, []) };
  } catch {
    return { failed: true };
  }
}

function isSafe(level: object, name: string, getter: Method): boolean {
  if (isPlain(level)) return true;
  // A getter that is written in a class has this name. A decorator defines accessors by code, under other names.
  return getter.name !== `get ${name}` || RETURNS_A_FIELD.test(sourceOf(getter));
}

/** True for the exports of a module and for an object literal. False for an instance, and for a class's prototype. */
function isPlain(level: object): boolean {
  const prototype = Object.getPrototypeOf(level);
  if (prototype === null) return true;
  if (Object.getPrototypeOf(prototype) !== null) return false;
  const maker: unknown = Object.getOwnPropertyDescriptor(level, 'constructor')?.value;
  return !(isFunction(maker) && maker.prototype === level);
}
